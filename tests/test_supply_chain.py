"""What Cellpulse is made of: known, licensed, listed, and built the same each time."""

import ast
import json
import re
import subprocess
import zipfile
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final

import pytest

from tests.wheels import HOOK, PROJECT, wheel_of

PINNED: Final = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)
#: Licences by which we may use a package and give Cellpulse away under Apache-2.0. Those of the
#: LGPL and the MPL ask for the freedom to replace that very package, which pip gives.
ALLOWED: Final = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "ISC"),
        *("LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "OFL-1.1"),
        *("PSF-2.0", "Python-2.0", "Unlicense", "Zlib", "ZPL-2.1"),
    }
)
#: How classifiers and free texts name them.
OTHER_NAMES: Final = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "BSD-derived (http://www.repoze.org/LICENSE.txt)": "BSD-3-Clause",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "Zope Public License": "ZPL-2.1",
}
#: Packages whose metadata names no licence, or has its whole text there.
READ_BY_HAND: Final = {
    "axe-playwright-python": "MIT",
    "jupyterhub-idle-culler": "BSD-3-Clause",
    "promql-parser": "MIT",
}
#: Programs that only the tests run, by their command: nothing of ours is made of them or has them.
ONLY_RUN: Final = frozenset({"podman-compose"})


def pinned(lock: str) -> dict[str, str]:
    """Return what a lock pins: each package's version."""
    return dict(PINNED.findall((PROJECT / lock).read_text()))


def installed(lock: str) -> list[Distribution]:
    """Return those packages of a lock that are installed here, one a name."""
    names = pinned(lock)
    found = {re.sub("[-_.]+", "-", each.name).lower(): each for each in distributions()}
    return [found[name] for name in sorted(names.keys() & found.keys())]


def licences(package: Distribution) -> set[str]:
    """Return the licences that a package's metadata names, by their SPDX ids where known."""
    metadata = package.metadata
    if package.name.lower() in READ_BY_HAND:
        return {READ_BY_HAND[package.name.lower()]}
    told = re.split(r" AND | OR |[()]", metadata.get("License-Expression") or "")
    if not any(told):
        classifiers = metadata.get_all("Classifier") or []
        told = [line.split(" :: ")[-1] for line in classifiers if line.startswith("License ::")]
        told = [each for each in told if each not in {"OSI Approved", "DFSG approved"}]
    if not any(told):
        told = [(metadata.get("License") or "").strip().split("\n")[0]]
    return {OTHER_NAMES.get(each.strip(), each.strip()) for each in told if each.strip()} or {
        "none"
    }


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_dependency_has_a_licence_that_goes_with_ours(lock: str) -> None:
    """No package of the lock asks more of whoever runs or changes Cellpulse than ours does."""
    packages = installed(lock)
    assert len(packages) > 0.8 * len(pinned(lock))
    assert not ONLY_RUN & pinned("requirements.lock").keys()
    others = {each.name: licences(each) - ALLOWED for each in packages if each.name not in ONLY_RUN}
    assert {name: which for name, which in others.items() if which} == {}


def make(target: str, *variables: str) -> subprocess.CompletedProcess[str]:
    """Run a target on the environment that is there."""
    return subprocess.run(
        ("make", "--silent", "--old-file", ".venv/.dev", target, *variables),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_bill_of_materials_lists_every_pinned_package(tmp_path: Path) -> None:
    """`make sbom` writes CycloneDX with each package, version and hash, the same each time."""
    files = [tmp_path / "a" / "sbom.json", tmp_path / "b" / "sbom.json"]
    for file in files:
        done = make("sbom", f"SBOM={file}")
        assert done.returncode == 0, done.stderr
    first, second = (file.read_bytes() for file in files)
    assert first == second
    bill = json.loads(first)
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "cellpulse"
    listed = {each["name"]: each["version"] for each in bill["components"]}
    assert listed == pinned("requirements.lock")
    for each in bill["components"]:
        [source] = each["externalReferences"]
        assert {algorithm["alg"] for algorithm in source["hashes"]} == {"SHA-256"}, each["name"]


def test_the_audit_takes_every_pinned_package() -> None:
    """`make audit-lock` reads the whole lock; what it asks the network is not asked here."""
    done = make("audit-lock", "AUDIT=--dry-run")
    assert done.returncode == 0, done.stderr
    [count] = re.findall(r"would have audited (\d+) packages", done.stderr)
    assert int(count) > 0.8 * len(pinned("requirements.lock"))


@pytest.mark.parametrize("source", [PROJECT, HOOK], ids=["cellpulse", "hook"])
def test_a_wheel_is_the_same_bytes_each_time(source: Path, tmp_path: Path) -> None:
    """Two builds of the same files, at other times and places, do not differ in a byte."""
    wheels = []
    for name, when in (("first", 1_700_000_000), ("second", 1_750_000_000)):
        folder = tmp_path / name
        folder.mkdir()
        wheels.append(wheel_of(source, folder, when))
    assert wheels[0].name == wheels[1].name
    assert wheels[0].read_bytes() == wheels[1].read_bytes()


def test_the_hooks_wheel_is_for_python_3_9_and_newer(tmp_path: Path) -> None:
    """It says so, brings nothing else along, and holds no syntax that Python 3.9 does not know."""
    wheel = wheel_of(HOOK, tmp_path, 1_700_000_000)
    assert wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as files:
        names = files.namelist()
        [metadata] = [name for name in names if name.endswith(".dist-info/METADATA")]
        told = files.read(metadata).decode()
        assert "\nRequires-Python: >=3.9\n" in told
        assert "\nRequires-Dist:" not in told
        assert [name for name in names if name.endswith("etc/ipython/ipython_kernel_config.py")]
        sources = [name for name in names if name.endswith(".py")]
        assert len(sources) > 10
        for name in sources:
            ast.parse(files.read(name), name, feature_version=(3, 9))
