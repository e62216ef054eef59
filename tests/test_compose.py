"""compose.yaml: what it defines, and that what it runs works, each command as a process here."""

import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml

from flows.embedded.part import free_port
from flows.embedded.platform import Platform
from flows.embedded.stores import Stores
from flows.enrollment.lti_settings import LtiSettings
from flows.settings import InfluxSettings, LrsSettings, PlatformSettings

PROJECT = Path(__file__).parents[1]
SOURCE: dict[str, Any] = yaml.safe_load((PROJECT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = SOURCE["services"]
EXAMPLE = PROJECT / ".env.example"
STORES = {"redis", "postgres", "influxdb"}
PROCESSES = {"ingest", "relay", "worker", "api", "dashboard", "jupyterlab"}
#: The operator's command, for as long as it takes.
OPERATOR = "operator"
OURS = PROCESSES | {"migrate", OPERATOR}
#: What is before the ingest, so that there may be several of it.
EDGE = "edge"
#: A variable has a default or, after the question mark, a message for whoever did not set it.
VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+):(?P<kind>[-?])(?P<rest>[^{}]*)\}")
#: A token is made when the platform runs, without it there is no access; and there may be no LRS,
#: no secret that another one replaces, and no identity provider.
OF_WHAT_MAY_BE_OFF = (
    "CELLPULSE_TOKEN",
    "CELLPULSE_LRS_PASSWORD",
    "CELLPULSE_AGENT_KEY",
    "CELLPULSE_PSEUDONYM_KEY",
    "CELLPULSE_SECRET_PREVIOUS",
    "CELLPULSE_OIDC_CLIENT_SECRET",
    "CELLPULSE_HUB_TOKEN",
    "CELLPULSE_LAKE_KEY_ID",
    "CELLPULSE_LAKE_SECRET",
)
REQUIRED = r"\$\{[A-Z_]+:\?[^{}]+\}"
#: What it answered for is on disk, and it refuses to write rather than forget.
REDIS_SETTINGS = {
    "appendonly": "yes",
    "appendfsync": "always",
    "maxmemory": str(1024**3),
    "maxmemory-policy": "noeviction",
}
PROGRAMS = Path(sys.executable).parent
#: uvicorn, once it has shut down in good order, ends its process by the signal that asked for it.
ENDED_WELL = (0, -signal.SIGTERM)


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a part of the file."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)


def replaced(value: Any, change: Callable[[str], str]) -> Any:
    """Return a part of the file with every text changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: replaced(part, change) for name, part in value.items()}
    return [replaced(part, change) for part in value] if isinstance(value, list) else value


def interpolated(text: str, values: dict[str, str]) -> str:
    """Return a text with its variables as Compose fills them in; unset and empty are one."""

    def fill(found: re.Match[str]) -> str:
        value = values.get(found["name"]) or (found["rest"] if found["kind"] == "-" else "")
        assert value or found["kind"] == "-", f"{found['name']}: {found['rest']}"
        return value

    return VARIABLE.sub(fill, text)


def env_file(text: str) -> dict[str, str]:
    """Return what an env file sets."""
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def environment_of(name: str) -> dict[str, str]:
    return SERVICES[name].get("environment", {})


@pytest.fixture(scope="session")
def made_env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what the env file sets that the command at the top of .env.example makes."""
    folder = tmp_path_factory.mktemp("env")
    (folder / ".env.example").write_bytes(EXAMPLE.read_bytes())
    [command] = re.findall(r"^# +(\(umask .*> \.env\))$", EXAMPLE.read_text(), re.MULTILINE)
    subprocess.run(("sh", "-c", command), cwd=folder, env=_with_programs({}), check=True)
    assert (folder / ".env").stat().st_mode & 0o077 == 0
    return env_file((folder / ".env").read_text())


def _with_programs(environment: dict[str, str]) -> dict[str, str]:
    return {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"} | environment


def test_it_satisfies_the_compose_specification() -> None:
    """compose.yaml is valid by the JSON Schema of the Compose Specification."""
    command = ("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")
    done = subprocess.run(
        command, cwd=PROJECT, env=_with_programs({}), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "version" not in SOURCE


def test_it_defines_the_stores_and_every_process_of_ours() -> None:
    """All of them are there, ours from one image, the long-running ones watched and restarted."""
    assert set(SERVICES) == STORES | OURS | {EDGE}
    assert {name for name, service in SERVICES.items() if "build" in service} == OURS
    assert len({SERVICES[name]["image"] for name in OURS}) == 1
    images = {SERVICES[name]["image"].partition(":")[0] for name in STORES}
    assert images == {"redis", "postgres", "influxdb"}
    for name in STORES | PROCESSES | {EDGE}:
        assert SERVICES[name]["restart"] == "unless-stopped", name
        assert SERVICES[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL"), name
    assert SERVICES["migrate"]["restart"] == SERVICES[OPERATOR]["restart"] == "no"
    profiles = {
        name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service
    }
    assert profiles == {name: [name] for name in (OPERATOR, "jupyterlab")}


def _without_priority(command: Sequence[str]) -> Sequence[str]:
    """Return a command without `nice`: in a container JupyterLab has nothing beside it."""
    return command[command.index(sys.executable) :]


def test_the_processes_are_those_of_cellpulse_up_with_the_same_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each runs the same module as under `cellpulse up`, with its settings and no other secret."""
    monkeypatch.setenv("CELLPULSE_OIDC_CLIENT_SECRET", "of the client")
    monkeypatch.setenv("CELLPULSE_HUB_TOKEN", "of the Hub")
    monkeypatch.setenv("CELLPULSE_LAKE_KEY_ID", "of the bucket")
    monkeypatch.setenv("CELLPULSE_LAKE_SECRET", "of the bucket")
    influx = InfluxSettings(INFLUXDB_URL="http://influxdb:8086", INFLUXDB_TOKEN="t")
    stores = Stores("redis://redis", "postgresql://postgres/cellpulse", influx, full_log="")
    lrs = LrsSettings(CELLPULSE_LRS_URL="https://lrs", CELLPULSE_LRS_PASSWORD="p")
    settings = PlatformSettings(
        influx=influx, lrs=lrs, CELLPULSE_STUDENT="student", CELLPULSE_SECRET_PREVIOUS="p" * 32
    )
    up = Platform(settings, stores, "s" * 32, tmp_path, "k" * 32)
    parts = {part.name: part for part in (*up.services(), *up.pages())}
    assert set(parts) == PROCESSES
    for name, part in parts.items():
        assert SERVICES[name]["command"][:3] == ["python", *_without_priority(part.command)[1:3]]
    kept_in_volume = {"CELLPULSE_DATA_DIR"}
    for name in PROCESSES - {"jupyterlab"}:
        needed = set(parts[name].environment) - kept_in_volume
        assert needed <= set(environment_of(name)), name
        assert secrets_of(set(environment_of(name))) == secrets_of(needed), name
    assert secrets_of(set(environment_of("jupyterlab"))) == {"CELLPULSE_TOKEN", "JUPYTER_TOKEN"}


def test_the_operators_command_reaches_all_that_the_processes_have() -> None:
    """A backup or an erasure that knows of one store less would be none."""
    of_operator = environment_of(OPERATOR)
    for name in ("migrate", "relay", "worker"):
        own = {"CELLPULSE_HOST", "CELLPULSE_LOG_KEEP"}
        for setting, value in environment_of(name).items():
            if setting not in own and not setting.endswith("_METRICS_PORT"):
                assert of_operator.get(setting) == value, f"{name}: {setting}"
    for setting in secrets_of(set(environment_of("api"))):
        if "_OIDC_" not in setting and "_HUB_" not in setting and "_LTI_" not in setting:
            assert setting in of_operator, setting
    reached = {mount for name in PROCESSES for mount in _writable(name)} - {"student"}
    assert reached <= set(_writable(OPERATOR))
    assert set(SERVICES[OPERATOR]["networks"]) == set(SOURCE["networks"])


def _writable(name: str) -> list[str]:
    mounts = SERVICES[name].get("volumes", [])
    return [mount.partition(":")[0] for mount in mounts if not mount.endswith(":ro")]


def test_a_command_in_a_container_knows_the_learning_platform_but_not_its_key() -> None:
    """Its settings are those of `enroll --lti`; the key is in none, and comes with the command."""
    told = {name: value for name, value in environment_of("api").items() if "_LTI_" in name}
    assert told == {
        "CELLPULSE_LTI_CLIENT_ID": "${CELLPULSE_LTI_CLIENT_ID:-}",
        "CELLPULSE_LTI_TOKEN_URL": "${CELLPULSE_LTI_TOKEN_URL:-}",
        "CELLPULSE_LTI_KEY_FILE": "/dev/stdin",
        "CELLPULSE_LTI_KEY_ID": "${CELLPULSE_LTI_KEY_ID:-}",
        "CELLPULSE_LTI_STUDENT_ID": "${CELLPULSE_LTI_STUDENT_ID:-user_id}",
    }
    assert told.keys() == {field.alias for field in LtiSettings.model_fields.values()}


def secrets_of(names: set[str]) -> set[str]:
    """Return the settings that hold a secret, or an address with a password in it."""
    return {
        name
        for name in names
        if re.search(r"SECRET|TOKEN(?!_URL)|PASSWORD|KEY(?!_)|AUTH$|REDIS_URL|POSTGRES_URL", name)
    }


def test_only_the_pages_the_ingest_and_the_api_are_published() -> None:
    """Nothing else has a port outside, and without a setting these have one on this machine."""
    published = {
        name: [interpolated(port, {}) for port in service["ports"]]
        for name, service in SERVICES.items()
        if "ports" in service
    }
    assert published == {
        EDGE: ["127.0.0.1:8000:8000"],
        "api": ["127.0.0.1:8001:8001"],
        "dashboard": ["127.0.0.1:8501:8501"],
        "jupyterlab": ["127.0.0.1:8888:8888"],
    }


def test_what_one_container_may_take_is_limited() -> None:
    """No process takes all of the machine's memory, or its process numbers by a fault."""
    assert all("mem_limit" in service for service in SERVICES.values())
    assert all(SERVICES[name]["pids_limit"] for name in OURS)


def test_every_store_keeps_its_data_in_a_named_volume() -> None:
    """Where the images write, a volume lies; the lake is the worker's to write, the API's to read.

    No folder of the machine is mounted, and no volume is declared and not used.
    """
    mounts = {
        name: dict(mount.split(":", 1) for mount in service.get("volumes", []))
        for name, service in SERVICES.items()
    }
    assert {name for of_service in mounts.values() for name in of_service} == set(SOURCE["volumes"])
    assert mounts["redis"] == {"redis": "/data"}
    assert mounts["postgres"] == {"postgres": "/var/lib/postgresql/data"}
    assert "/var/lib/influxdb2" in mounts["influxdb"].values()
    lake = interpolated(environment_of("worker")["CELLPULSE_LAKE_PATH"], {})
    names = {"names": "/var/lib/cellpulse/names"}
    assert mounts["migrate"] == {"lake": lake}
    exports = {"exports": "/var/lib/cellpulse/exports"}
    assert mounts["worker"] == {"lake": lake, **exports, **names}
    assert mounts["api"] == {"lake": f"{lake}:ro", **exports, **names}
    own = {OPERATOR: environment_of(OPERATOR)["CELLPULSE_DATA_DIR"]}
    assert mounts[OPERATOR] == {"lake": lake, **exports, **names, **own}


def test_pages_do_not_reach_the_stores() -> None:
    """The stores' network leads nowhere else, and dashboard and notebooks are not in it."""
    assert SOURCE["networks"]["stores"] == {"internal": True}
    inside = {name for name, service in SERVICES.items() if "stores" in service["networks"]}
    assert inside == STORES | {"migrate", "ingest", "relay", "worker", "api", OPERATOR}
    for name in STORES:
        assert SERVICES[name]["networks"] == ["stores"]
    assert {net for service in SERVICES.values() for net in service["networks"]} == set(
        SOURCE["networks"]
    )


def test_each_waits_until_what_it_needs_is_healthy() -> None:
    """A process waits for its stores' health, and for the end of the migration."""
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            once = other == "migrate"
            expected = "service_completed_successfully" if once else "service_healthy"
            assert how == {"condition": expected}, f"{name} on {other}"
    needs = {name: set(SERVICES[name].get("depends_on", ())) for name in SERVICES}
    assert needs == {
        **{store: set() for store in STORES},
        "migrate": {"postgres"},
        "ingest": {"redis"},
        EDGE: {"ingest"},
        "relay": {"redis"},
        "worker": {"redis", "influxdb", "migrate"},
        "api": {"migrate"},
        "dashboard": {"api"},
        OPERATOR: {"redis", "influxdb", "migrate"},
        "jupyterlab": {"ingest"},
    }


def test_no_secret_has_a_default() -> None:
    """Each secret must come from the env file; without it the start stops with what to do."""
    seen = set()
    for name in SERVICES:
        for setting in secrets_of(set(environment_of(name))):
            value = environment_of(name)[setting]
            if "://" in value:  # the password is between the user's name and the host's
                value = re.sub(r"^\w+://\w*:|@[^@]+$", "", value)
            seen.add(setting)
            if setting not in OF_WHAT_MAY_BE_OFF:
                assert re.fullmatch(REQUIRED, value), f"{name}: {setting}"
    assert environment_of("jupyterlab")["CELLPULSE_TOKEN"] == "${CELLPULSE_TOKEN:-}"
    assert environment_of("worker")["CELLPULSE_LRS_PASSWORD"] == "${CELLPULSE_LRS_PASSWORD:-}"
    assert {"CELLPULSE_SECRET", "POSTGRES_PASSWORD", "DOCKER_INFLUXDB_INIT_ADMIN_TOKEN"} <= seen
    command = SERVICES["redis"]["command"]
    assert re.fullmatch(REQUIRED, command[command.index("--requirepass") + 1])
    with pytest.raises(AssertionError, match=r"REDIS_PASSWORD: make \.env as \.env\.example says"):
        replaced(SERVICES["redis"], lambda text: interpolated(text, {}))


def test_the_env_example_names_every_variable_and_holds_no_real_value() -> None:
    """It sets all variables of the file and no others: CHANGE_ME, or the file's own default."""
    used: dict[str, set[str]] = {}
    for text in texts(SERVICES):
        assert "$" not in VARIABLE.sub("", text), text
        for found in VARIABLE.finditer(text):
            value = "CHANGE_ME" if found["kind"] == "?" else found["rest"]
            used.setdefault(found["name"], set()).add(value)
    assert {name: {value} for name, value in env_file(EXAMPLE.read_text()).items()} == used


def test_the_command_in_the_env_example_makes_the_secrets(made_env: dict[str, str]) -> None:
    """Each CHANGE_ME becomes another long random value, and nothing else changes."""
    before = env_file(EXAMPLE.read_text())
    secret = {name: made_env[name] for name, value in before.items() if value == "CHANGE_ME"}
    assert len(set(secret.values())) == len(secret) > 4
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in secret.values())
    assert before | secret == made_env


def test_the_image_has_few_rights_and_is_pinned() -> None:
    """It is built in two stages from what is pinned and let in, and runs read-only, not as root."""
    text = re.sub(r"\\\n\s*", "", (PROJECT / "Dockerfile").read_text())
    steps = [line.partition(" ")[::2] for line in text.splitlines() if line[:1].isupper()]
    assert [what.split()[0] for step, what in steps if step == "FROM"] == ["python:3.12-slim"] * 2
    assert [what for step, what in steps if step == "USER"] == ["10001:10001"]
    assert not {"ADD", "ARG"} & {step for step, _ in steps}
    assert "--no-deps --require-hashes" in text
    assert "index-url" not in text
    assert not secrets_of({what for step, what in steps if step == "ENV"})
    copied = {
        source
        for step, what in steps
        if step == "COPY" and "--from" not in what
        for source in [part for part in what.split() if not part.startswith("--")][:-1]
    }
    for name in OURS:
        assert SERVICES[name]["read_only"], name
        assert SERVICES[name]["cap_drop"] == ["ALL"], name
    nothing, *let_in = [
        line.removeprefix("!")
        for line in (PROJECT / ".dockerignore").read_text().splitlines()
        if line[:1] in ("*", "!") and not line.startswith("**")
    ]
    assert nothing == "*"
    assert sorted(let_in) == sorted(copied)
    assert all((PROJECT / source).exists() for source in copied)
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= copied


@dataclass
class Stack:
    """The services that the file gives a command, as processes of this machine.

    Attributes:
        services: As in the file, with variables filled in and addresses, ports and folders of
            this machine in place of the containers'.
        folder: Where they write.
    """

    services: dict[str, dict[str, Any]]
    folder: Path
    wait_until: Callable[..., None]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        command = self.services[name]["command"]
        if name == "redis":
            command = [*command, "--bind", "127.0.0.1", "--port", self.port(name)]
            command += ["--dir", str(self.folder)]
        if name == "jupyterlab" and os.geteuid() == 0:  # in a container it is not
            command = [*command, "--allow-root"]
        with self._log(name).open("wb") as log:
            self.processes[name] = subprocess.Popen(
                command, env=self._environment(name), stdout=log, stderr=log, cwd=self.folder
            )

    def start_all_in_order(self) -> None:
        """Start each once what it waits for is healthy or has ended well."""
        waiting = dict(self.services)
        while waiting:
            able = [n for n, s in waiting.items() if not waiting.keys() & s.get("depends_on", {})]
            assert able, f"they wait for each other: {list(waiting)}"
            for name in able:
                assert not self.is_healthy(name), f"{name} is said to be healthy before its start"
                self.start(name)
            for name in able:
                self.wait_until(lambda name=name: self.is_ready(name), name)
                del waiting[name]

    def is_ready(self, name: str) -> bool:
        ended = self.processes[name].poll()
        if name == "migrate":
            assert not ended, self._log(name).read_text()
            return ended == 0
        assert ended is None, self._log(name).read_text()
        return self.is_healthy(name)

    def is_healthy(self, name: str) -> bool:
        """Tell what the service's own health check says."""
        if "healthcheck" not in self.services[name]:
            return False
        kind, *command = self.services[name]["healthcheck"]["test"]
        return self.run(name, *(("sh", "-c") if kind == "CMD-SHELL" else ()), *command)[0] == 0

    def run(self, name: str, *command: str) -> tuple[int, str]:
        """Run a command as `docker compose exec` does; return its exit code and output."""
        done = subprocess.run(
            command,
            env=self._environment(name),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout.strip()

    def stop(self, *names: str) -> dict[str, int]:
        """Stop processes at once and return their exit codes; who is late is killed."""
        stopping = {name: self.processes.pop(name) for name in names}
        for process in stopping.values():
            process.terminate()
        return {name: self._exit_code(name, process) for name, process in stopping.items()}

    def _exit_code(self, name: str, process: subprocess.Popen[bytes]) -> int:
        try:
            return process.wait(int(self.services[name]["stop_grace_period"].removesuffix("s")))
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def port(self, name: str) -> str:
        """Return the port that a service's health check asks."""
        *_, test = self.services[name]["healthcheck"]["test"]
        [port] = re.findall(r"127\.0\.0\.1(?::| -p )(\d+)", test)
        return str(port)

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port(name)}"

    def token(self, *arguments: str) -> dict[str, str]:
        _, token = self.run("api", "cellpulse", "token", *arguments)
        return {"Authorization": f"Bearer {token}"}

    def _environment(self, name: str) -> dict[str, str]:
        of_image = {"HOME": str(self.folder), "CELLPULSE_DATA_DIR": str(self.folder / "data")}
        return _with_programs(of_image) | self.services[name].get("environment", {})

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


@pytest.fixture
def stack(
    made_env: dict[str, str],
    empty_postgres_url: str,
    influx_settings: InfluxSettings,
    tmp_path: Path,
    wait_until: Callable[..., None],
) -> Iterator[Stack]:
    """Return the file's processes, not started yet, on real stores."""
    postgres = urlsplit(empty_postgres_url)
    values = made_env | {
        "POSTGRES_PASSWORD": str(postgres.password),
        "INFLUXDB_TOKEN": influx_settings.token.get_secret_value(),
        "INFLUXDB_ORG": influx_settings.org,
        "INFLUXDB_BUCKET": influx_settings.bucket,
        # Of the file itself, which are below this test's folder.
        "CELLPULSE_LAKE_PATH": "",
        "CELLPULSE_NAMES_URL": "",
    }
    notebooks = tmp_path / "home" / "notebooks"
    notebooks.mkdir(parents=True)
    here = {
        "postgres:5432/cellpulse": f"{postgres.hostname}:{postgres.port}{postgres.path}",
        "http://influxdb:8086": str(influx_settings.url),
        "/var/lib/cellpulse": str(tmp_path / "data"),
        "/home/student": str(tmp_path / "home"),
        r"\b0\.0\.0\.0\b": "127.0.0.1",
        r"(?<=[@/])(redis|ingest|api)(?=:)": "127.0.0.1",
        **{rf"\b{port}\b": str(free_port()) for port in (6379, 8000, 8001, 8501, 8888, 9101, 9102)},
    }

    def moved(text: str) -> str:
        for there, this in here.items():
            text = re.sub(there, this, text)
        return interpolated(text, values)

    processes = OURS - {OPERATOR} | {"redis"}
    run_here = {name: SERVICES[name] for name in processes}
    stack = Stack(replaced(run_here, moved), tmp_path, wait_until)
    yield stack
    for process in stack.processes.values():
        process.kill()
        process.wait()


def test_the_processes_take_an_event_to_the_pages_and_stop_when_asked(
    stack: Stack, influx_settings: InfluxSettings, wait_until: Callable[..., None]
) -> None:
    """Step 1.1: every command runs, is healthy by its own check, does its part and stops well."""
    stack.start_all_in_order()
    for setting, value in REDIS_SETTINGS.items():
        config = ("redis-cli", "-p", stack.port("redis"), "CONFIG", "GET", setting)
        assert stack.run("redis", *config) == (0, f"{setting}\n{value}")
    student = ("--course", "demo", "--student", "student")
    event = {"course_id": "demo", "student_id": "student", "status": "ok"}
    posted = httpx.post(
        f"{stack.address('ingest')}/student-progress",
        json=event,
        headers=stack.token("--scope", "ingest", *student),
    )
    assert posted.status_code == 202, posted.text

    reader = stack.token("--scope", "read", "--course", "*")
    with httpx.Client(timeout=30, follow_redirects=True) as client:
        students = f"{stack.address('api')}/api/v1/courses/demo/progress"
        wait_until(
            lambda: client.get(students, headers=reader).json().get("runs") == 1, "the API to count"
        )
        count = {
            "db": influx_settings.bucket,
            "q": "SELECT count(event_id) FROM progress_event",
        }
        wait_until(
            lambda: (
                "series"
                in client.get(f"{influx_settings.url}/query", params=count).json()["results"][0]
            ),
            "InfluxDB to have it",
        )
        page = client.get(
            stack.address("dashboard"), params={"token": reader["Authorization"].split()[1]}
        )
        assert page.status_code == 200, page.text

    # As Compose does: first who needs Redis, and then that.
    ended = stack.stop(*(stack.processes.keys() - {"redis"})) | stack.stop("redis")
    assert ended.keys() == stack.services.keys()
    assert {name: code for name, code in ended.items() if code not in ENDED_WELL} == {}
