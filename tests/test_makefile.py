"""The Makefile's installation, as far as it goes without a package index."""

import subprocess
from pathlib import Path

#: Stands for the environment's Python: whatever pip is asked for is done.
_PYTHON = "#!/bin/sh\nexit 0\n"


def _known(packages: Path, name: str, *files: str) -> Path:
    folder = packages / f"{name}-1.0.dist-info"
    folder.mkdir(parents=True)
    for file in files:
        (folder / file).write_text("Metadata-Version: 2.4")
    return folder


def test_an_installation_that_was_cut_off_can_be_made_again(tmp_path: Path) -> None:
    """What Ctrl-C left of a package goes before pip, which fails at it; whole packages stay."""
    environment = tmp_path / "venv"
    packages = environment / "lib" / "python3.11" / "site-packages"
    whole = _known(packages, "whole", "METADATA", "INSTALLER", "RECORD")
    parts = [
        _known(packages, "begun"),
        _known(packages, "copied", "METADATA", "RECORD"),
        _known(packages, "lost", "INSTALLER"),
    ]
    python = environment / "bin" / "python"
    python.parent.mkdir()
    python.write_text(_PYTHON)
    python.chmod(0o700)
    made = subprocess.run(
        ("make", f"VENV={environment}", str(environment / ".packages")),
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert whole.is_dir()
    assert not any(part.exists() for part in parts)
