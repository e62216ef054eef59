"""The platform's wheels in clean environments of other Pythons, and what says that they fit."""

import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.parser import HeaderParser
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement

from tests.pythons import clean_environment, install_from_here, others, virtual_environment
from tests.wheels import HOOK, PROJECT, wheel_of

#: A registry may be slow, and a machine busy.
pytestmark = pytest.mark.timeout(1800)

SUPPORTED: Final = ("3.11", "3.12", "3.13")
VERSIONS: Final = others(*SUPPORTED)
LOCK: Final = PROJECT / "requirements.lock"
PACKAGES: Final = ("ingest_api", "flows", "analytics", "streamlit_app", "cellpulse_hook")
#: Imports every module and prints how many, and from which folder. Left out is what runs when it
#: is imported: what Alembic loads, and what is run by a package's name.
IMPORT_ALL: Final = rf"""
import importlib, pkgutil, warnings
from pathlib import Path
packages = {PACKAGES!r}
warnings.filterwarnings("error", module=r"(.*/)?(%s)\b" % "|".join(packages))
count = 0
for package in packages:
    top = importlib.import_module(package)
    for module in pkgutil.walk_packages(top.__path__, package + "."):
        if not module.name.endswith((".migrations.env", ".__main__")):
            importlib.import_module(module.name)
            count += 1
print(count, Path(top.__file__).parents[1])
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return both wheels of ours."""
    folders = [tmp_path_factory.mktemp("wheel") for _ in range(2)]
    made = zip((PROJECT, HOOK), folders, strict=True)
    return [wheel_of(source, folder, 1_700_000_000) for source, folder in made]


@pytest.fixture(scope="module")
def installed(
    wheels: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Path]]:
    """Return a maker of environments that have the lock and the wheels, each made once."""
    folder = tmp_path_factory.mktemp("environments")

    @cache
    def make(version: str) -> Path:
        python = virtual_environment(folder / version, version)
        install_from_here(python, "--require-hashes", "-r", LOCK)
        install_from_here(python, *wheels)
        return python

    yield make
    shutil.rmtree(folder)  # a gigabyte each, and pytest keeps folders


def run(command: tuple[Any, ...], **environment: str) -> subprocess.CompletedProcess[str]:
    variables = clean_environment() | environment
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_module_of_the_wheels_is_at_home_on_another_python(
    version: str, installed: Callable[[str], Path], tmp_path: Path
) -> None:
    """All are imported without a warning of ours; the command tells its use, and what is wrong."""
    python = installed(version)
    cellpulse = python.with_name("cellpulse")
    # Isolated: neither this folder nor a variable leads it to the checkout.
    imported = run((python, "-I", "-c", IMPORT_ALL), CELLPULSE_DATA_DIR=str(tmp_path))
    assert imported.returncode == 0, imported.stderr[-2000:]
    count, place = imported.stdout.split(maxsplit=1)
    assert int(count) > 500
    assert Path(place.strip()).is_relative_to(python.parents[1])
    said = run((cellpulse, "--help"))
    assert said.returncode == 0, said.stderr
    assert "Start the whole platform here" in said.stdout
    doctor = run((cellpulse, "doctor"), CELLPULSE_DATA_DIR=str(tmp_path))
    assert doctor.returncode == 1, doctor.stderr
    assert "ok     hook" in doctor.stdout
    assert doctor.stdout.splitlines()[-1] == "mend each 'bad', from the first one on"


def test_the_platform_of_the_wheels_takes_an_event_to_the_api(
    installed: Callable[[str], Path],
    make_platform: Callable[[Path], Any],
    tmp_path: Path,
    wait_until: Callable[..., None],
) -> None:
    """On the newest Python `cellpulse up` starts, counts a run, is well by doctor, and stops."""
    cellpulse = str(installed(VERSIONS[-1]).with_name("cellpulse"))
    platform = make_platform(tmp_path / "platform")
    # Safe: its processes take nothing of ours from the folder that they are started in.
    environment = clean_environment(platform.environment) | {"PYTHONSAFEPATH": "1"}
    platform = replace(platform, environment=environment, program=(cellpulse,))
    lines = platform.start()
    try:
        assert lines[-1] == "ready", "\n".join(lines)
        event = {"course_id": "demo", "student_id": "s1", "status": "ok"}
        address = f"{platform.ingest}/student-progress"
        posted = httpx.post(address, json=event, headers=platform.bearer("ingest"), timeout=60)
        assert posted.status_code == 202, posted.text
        progress, reader = f"{platform.api}/courses/demo/progress", platform.bearer("read")

        def runs() -> int:
            answer = httpx.get(progress, headers=reader, timeout=60)
            return int(answer.json()["runs"]) if answer.is_success else 0

        wait_until(lambda: runs() == 1, "the API to count the run", 300)
        doctor = run(platform.command("doctor"), **platform.environment)
        assert doctor.returncode == 0, doctor.stdout
        assert "ok     jupyterlab" in doctor.stdout
    finally:
        code = platform.stop()
    assert code == 0


def test_what_is_said_of_the_platform_admits_each_python(wheels: list[Path]) -> None:
    """The wheel's metadata do, and the lock has one pin with a hash for each of its packages."""
    with zipfile.ZipFile(wheels[0]) as files:
        [name] = [name for name in files.namelist() if name.endswith(".dist-info/METADATA")]
        told = HeaderParser().parsestr(files.read(name).decode())
    assert told["Requires-Python"].split(",") == ["<3.14", ">=3.11"]
    classifiers = told.get_all("Classifier") or []
    named = [found for line in classifiers for found in re.findall(r"Python :: (3\.\d+)$", line)]
    assert tuple(named) == SUPPORTED

    lock = LOCK.read_text()
    assert "://" not in lock
    pins = [Requirement(line) for line in re.findall(r"^([a-z0-9][^\\\n]*)", lock, re.MULTILINE)]
    assert lock.count("--hash=sha256:") > len(pins)
    needed = [Requirement(line) for line in told.get_all("Requires-Dist") or []]
    for version in SUPPORTED:
        where = {
            "python_version": version,
            "python_full_version": f"{version}.9",
            "sys_platform": "linux",
            "platform_machine": "x86_64",
            "extra": "embedded",
        }
        pinned = [pin for pin in pins if applies(pin.marker, where)]
        of_name = {canonical(pin): str(pin.specifier).removeprefix("==") for pin in pinned}
        assert len(of_name) == len(pinned), version
        asked = {canonical(each): each for each in needed if applies(each.marker, where)}
        assert asked.keys() - of_name.keys() == {"cellpulse-hook"}, version
        for name, requirement in asked.items():
            if name in of_name:
                assert requirement.specifier.contains(of_name[name]), f"{name} on {version}"


def applies(marker: Marker | None, where: dict[str, str]) -> bool:
    return marker is None or marker.evaluate(where)


def canonical(requirement: Requirement) -> str:
    return re.sub("[-_.]+", "-", requirement.name).lower()
