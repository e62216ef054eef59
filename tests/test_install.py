"""The installation into the project's environment, as far as it goes without a package index."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

INSTALL = Path(__file__).parent.parent / "ops" / "install.py"
#: Stands for pip: it writes down what it is asked for.
_PIP = "import pathlib, sys\npathlib.Path(sys.prefix, 'asked').write_text(' '.join(sys.argv[1:]))\n"


@pytest.fixture(name="environment")
def _environment(tmp_path: Path) -> Path:
    """Return a virtual environment whose pip installs nothing."""
    folder = tmp_path / "environment"
    made = (sys.executable, "-m", "venv", "--without-pip", str(folder))
    subprocess.run(made, check=True)
    pip = tmp_path / "pip"
    pip.mkdir()
    (pip / "__main__.py").write_text(_PIP)
    return folder


def install(environment: Path) -> subprocess.Popen[str]:
    """Begin to install."""
    return subprocess.Popen(
        (str(environment / "bin" / "python"), str(INSTALL), "-r", "requirements.lock"),
        env={**os.environ, "PYTHONPATH": str(environment.parent)},
        stderr=subprocess.PIPE,
        text=True,
    )


def _known(packages: Path, name: str, *files: str) -> Path:
    folder = packages / f"{name}-1.0.dist-info"
    folder.mkdir()
    for file in files:
        (folder / file).write_text("Metadata-Version: 2.4")
    return folder


def test_an_installation_that_was_cut_off_can_be_made_again(environment: Path) -> None:
    """What is left of a package in parts goes before pip, which fails at it; whole ones stay."""
    [packages] = environment.glob("lib/python*/site-packages")
    whole = _known(packages, "whole", "METADATA", "INSTALLER", "RECORD")
    parts = [
        _known(packages, "begun"),
        _known(packages, "copied", "METADATA", "RECORD"),
        _known(packages, "lost", "INSTALLER"),
    ]
    process = install(environment)
    assert (process.communicate(timeout=60)[1], process.returncode) == ("", 0)
    assert (environment / "asked").read_text().endswith("install -q -r requirements.lock")
    assert whole.is_dir()
    assert not any(part.exists() for part in parts)


def test_two_installations_take_turns(environment: Path) -> None:
    """The second one says that it waits, and begins when the first has ended."""
    with (environment / ".installing").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        process = install(environment)
        assert process.stderr is not None
        assert "waiting" in process.stderr.readline()
        assert not (environment / "asked").exists()
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert (environment / "asked").exists()
