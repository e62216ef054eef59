"""Other Pythons for the tests, as far as this machine has them; and what is made with them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

#: Not of a person's own environment: neither a checkout on the path nor another environment.
_NOT_PASSED_ON: Final = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYENV_VERSION")
_OWN: Final = "{}.{}".format(*sys.version_info)
#: A registry may be slow.
_PATIENT: Final = ("--timeout", "120", "--retries", "10")
#: What a copy of an interpreter does without.
_LEFT_OUT: Final = ("site-packages", "dist-packages", "__pycache__", "test", "EXTERNALLY-MANAGED")


def clean_environment(variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return variables, this process's own, without those that lead a Python elsewhere."""
    return {name: value for name, value in variables.items() if name not in _NOT_PASSED_ON}


def found(*versions: str) -> list[str]:
    """Return those of some versions that this machine has, and this Python's own."""
    return [version for version in versions if _found(version)] + [_OWN]


def others(*versions: str) -> list[str]:
    """Return those of some versions that this machine has; this Python's own where there is none.

    So that each machine tries something.
    """
    return [version for version in versions if version != _OWN and _found(version)] or [_OWN]


def python(version: str) -> Path:
    """Return the interpreter of a version that was found."""
    there = _found(version)
    assert there is not None
    return there


def install(python: Path, *arguments: str | Path) -> None:
    """Install packages for an interpreter, by the pip that it came with."""
    # Not by this environment's: a new pip knows no old Python.
    _run(python, "-m", "ensurepip")
    _run(
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-compile",
        *_PATIENT,
        *arguments,
    )


def install_from_here(python: Path, *arguments: str | Path) -> None:
    """Install packages for an interpreter by this environment's pip, which is twice as fast.

    Bytecode is left to whoever imports: most of what is installed never is.
    """
    command = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps")
    _run(*command, "--no-compile", *_PATIENT, *arguments)


def virtual_environment(folder: Path, version: str) -> Path:
    """Make an empty virtual environment; return its interpreter."""
    _run(python(version), "-m", "venv", "--without-pip", folder)
    return folder / "bin" / "python"


def conda_like_prefix(folder: Path, version: str) -> Path:
    """Make a prefix that holds its interpreter itself, as conda makes them; return that."""
    there = python(version)
    prefix = Path(_said(there, "import sys; print(sys.base_prefix)"))
    (folder / "bin").mkdir(parents=True)
    own = shutil.copy2(there.resolve(), folder / "bin" / f"python{version}")
    (folder / "bin" / "python").symlink_to(Path(own).name)
    library = folder / "lib" / f"python{version}"
    shutil.copytree(
        prefix / "lib" / f"python{version}", library, ignore=shutil.ignore_patterns(*_LEFT_OUT)
    )
    (library / "site-packages").mkdir()
    for shared in (prefix / "lib").glob(f"libpython{version}*"):
        shutil.copy2(shared, folder / "lib" / shared.name)
    (folder / "conda-meta").mkdir()
    (folder / "conda-meta" / "history").touch()
    return folder / "bin" / "python"


def _run(*command: str | Path) -> None:
    done = subprocess.run(
        command, env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stderr}"


def _found(version: str) -> Path | None:
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    on_path = shutil.which(f"python{version}")
    candidates = [*_in(pyenv, version), *([Path(on_path)] if on_path else [])]
    if version == _OWN:
        candidates = [Path(sys.executable)]
    return next((path for path in candidates if _is(path, version)), None)


def _in(folder: Path, version: str) -> list[Path]:
    return sorted(folder.glob(f"*{version}.*/bin/python{version}"))


def _is(path: Path, version: str) -> bool:
    """Tell whether it runs: a shim on the PATH may have nothing behind it."""
    try:
        return _said(path, "import sys; print('%d.%d' % sys.version_info[:2])") == version
    except (OSError, subprocess.CalledProcessError):
        return False


def _said(path: Path, code: str) -> str:
    return subprocess.run(
        (path, "-c", code), env=clean_environment(), capture_output=True, text=True, check=True
    ).stdout.strip()
