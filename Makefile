# Two commands: `make up` runs the platform, `make test` runs every test. Each sets itself up.

ifeq ($(origin PYTHON),undefined)
PYTHONS := python3 python3.12 python3.13 python3.11
else
PYTHONS := $(PYTHON)
endif

VENV := .venv
PIP := $(VENV)/bin/python ops/install.py
HOOK := $(shell find notebooks/cell_hook -type f -not -path '*/__pycache__/*' 2>/dev/null)
# What the tests need beside Python: real servers and a browser.
DEBIAN_PACKAGES := chromium-headless-shell gcc influxdb libc6-dev nginx-light postgresql-client redis-server

# Two files at a time, for tests wait for servers; in order, so that browsers come last. Both
# processes must collect the same order, whatever sets are hashed to.
ALL_TESTS := --numprocesses 2 --dist loadfile --no-loadscope-reorder --durations 150 --durations-min 3

.PHONY: up demo test test-browser test-compose faults bench check debian lock audit-lock sbom schema docs language notebooks clean
.DELETE_ON_ERROR:

up: $(VENV)/.up
	@exec $(VENV)/bin/cellpulse up

demo: $(VENV)/.up
	@exec $(VENV)/bin/cellpulse up --demo

test: check debian $(VENV)/.ralph $(VENV)/.nbgrader
	@PYTHONHASHSEED=0 exec $(VENV)/bin/pytest $(or $(PYTEST),$(ALL_TESTS))

# What needs a browser, and how long it takes, until a run fails: make test-browser [RUNS=n] [N=processes]
test-browser: $(VENV)/.dev debian
	@for run in $$(seq $(or $(RUNS),1)); do \
	  begun=$$(date +%s); \
	  PYTHONHASHSEED=0 $(VENV)/bin/pytest -q -m browser --reruns 0 -p no:schemathesis -p no:hypothesispytest $(ALL_TESTS) -n $(or $(N),3) || exit; \
	  echo "run $$run of $(or $(RUNS),1): $$(($$(date +%s) - begun)) s"; \
	done

# compose.yaml in real containers, as root: make test-compose [FOLDER=where its images are kept]
test-compose: DEBIAN_PACKAGES := podman runc containernetworking-plugins netavark aardvark-dns catatonit debootstrap
test-compose: $(VENV)/.dev debian
	@exec $(VENV)/bin/python -m tests.compose.walk $(or $(FOLDER),/var/tmp/cellpulse-compose)

# A long campaign of faults, with a seed that nobody chose: make faults [SEED=n] [ROUNDS=n]
faults: $(VENV)/.dev debian
	@exec $(VENV)/bin/python -m tests.faults.campaign $(if $(SEED),--seed $(SEED)) --rounds $(or $(ROUNDS),20)

# Every figure against its baselines: make bench [ONLY=line] [LARGE=1]
bench: DEBIAN_PACKAGES += wrk
bench: $(VENV)/.dev debian
	@exec $(VENV)/bin/python -m bench $(if $(ONLY),--only $(ONLY)) $(if $(LARGE),--large)

check: $(VENV)/.dev
	@$(VENV)/bin/ruff check --quiet
	@$(VENV)/bin/ruff format --quiet --check
	@$(VENV)/bin/mypy
	@MYPYPATH=notebooks/cell_hook $(VENV)/bin/mypy -p cellpulse_hook
	@MYPYPATH=notebooks/hub $(VENV)/bin/mypy -p cellpulse_hub
	@$(VENV)/bin/mypy --explicit-package-bases -p tests.faults -p tests.compose
	@$(VENV)/bin/lint-imports --no-logo

debian:
	@missing=""; for package in $(DEBIAN_PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	done; \
	[ -z "$$missing" ] && exit 0; \
	as_root=""; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	command -v apt-get >/dev/null || { echo "make: install by hand:$$missing" >&2; exit 1; }; \
	echo "installing from Debian's packages:$$missing"; \
	log=$$(mktemp); \
	{ $$as_root apt-get update && DEBIAN_FRONTEND=noninteractive \
	  $$as_root apt-get install -y --no-install-recommends $$missing; } >$$log 2>&1 \
	  || { tail -n 5 $$log >&2; echo "make: could not install$$missing" >&2; exit 1; }

$(VENV)/bin/python:
	@for python in $(PYTHONS); do \
	  "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || continue; \
	  "$$python" -m venv --clear $(VENV) >/dev/null && exit 0; \
	  rm -rf $(VENV); \
	  echo "cellpulse: $$python can't make a virtual environment: install its venv module (Debian: apt install python3-venv)" >&2; exit 1; \
	done; \
	echo "cellpulse: Python 3.11, 3.12 or 3.13 is needed, and none of these is one: $(PYTHONS); install one, or run 'make PYTHON=/path/to/python3.12 …'" >&2; exit 1

$(VENV)/.packages: requirements.lock | $(VENV)/bin/python
	@echo "installing the pinned packages (the first time takes a minute or two)"
	@$(PIP) --no-deps --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.up: $(VENV)/.packages pyproject.toml $(HOOK)
	@$(PIP) --no-deps --no-build-isolation --force-reinstall -e . ./notebooks/cell_hook
	@touch $@

$(VENV)/.dev: $(VENV)/.up requirements-dev.lock
	@$(PIP) --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

# A learning record store for the tests, away from our own packages: its pins don't go with ours.
$(VENV)/.ralph: tests/ralph/requirements.lock | $(VENV)/bin/python
	@$(VENV)/bin/python -m venv --clear $(VENV)/ralph
	@$(VENV)/ralph/bin/python -m pip --disable-pip-version-check install -q --no-deps --require-hashes -r tests/ralph/requirements.lock
	@touch $@

# nbgrader for the tests, where no JupyterLab of ours loads it; the rest of it is in the lock above.
$(VENV)/.nbgrader: tests/nbgrader/requirements.lock | $(VENV)/bin/python
	@rm -rf $(VENV)/nbgrader
	@$(PIP) --no-deps --require-hashes --target $(VENV)/nbgrader -r tests/nbgrader/requirements.lock
	@touch $@

lock:
	uv pip compile -q --universal --python-version 3.11 --extra embedded --extra dev \
	  --generate-hashes --no-emit-index-url --no-emit-package cellpulse-hook --no-header pyproject.toml -o requirements-dev.lock
	uv pip compile -q --universal --python-version 3.11 --extra embedded \
	  --generate-hashes --no-emit-index-url --no-emit-package cellpulse-hook --no-header -c requirements-dev.lock \
	  pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header tests/ralph/requirements.in -o tests/ralph/requirements.lock
	uv pip compile -q --universal --python-version 3.9 \
	  --generate-hashes --no-emit-index-url --no-header tests/kernel/requirements.in -o tests/kernel/requirements.lock
	uv pip compile -q --no-deps --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header tests/nbgrader/requirements.in -o tests/nbgrader/requirements.lock

# Known vulnerabilities of what is pinned; it asks PyPI, so it needs the network.
audit-lock: $(VENV)/.dev
	@$(VENV)/bin/pip-audit --strict --no-deps --disable-pip -r requirements.lock $(AUDIT)

# What Cellpulse consists of, with hashes, as CycloneDX: make sbom [SBOM=file]
sbom: $(VENV)/.dev
	@mkdir -p $(dir $(or $(SBOM),build/sbom.json))
	@$(VENV)/bin/python -W ignore -m cyclonedx_py requirements requirements.lock --pyproject pyproject.toml \
	  --output-reproducible --output-file $(or $(SBOM),build/sbom.json)

schema: $(VENV)/.up
	@$(VENV)/bin/cellpulse schema > ingest_api/schema/event.json

docs: $(VENV)/.up
	@$(VENV)/bin/python -m analytics.measures_page > docs/measures.md

# Puts new texts into the catalogues, takes old ones out, and says what is left to translate.
language: $(VENV)/.up
	@$(VENV)/bin/python -m streamlit_app.language.catalogue

# Executes the research notebooks on the tests' simulated class, and keeps what they show.
notebooks: $(VENV)/.dev debian
	@$(VENV)/bin/pytest tests/notebooks/test_research.py --keep-notebooks -k kept_in_it -q

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
