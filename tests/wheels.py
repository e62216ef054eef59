"""Wheels of ours, built from a copy of the source."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[1]
HOOK: Final = PROJECT / "notebooks" / "cell_hook"


def wheel_of(source: Path, folder: Path, when: int) -> Path:
    """Build a wheel of a copy of `source`, whose files are of the time `when`."""
    copy = folder / "source"
    elsewhere = (".git", ".venv", ".cellpulse", ".*_cache", "tests", "bench", "docs", "build")
    unbuilt = shutil.ignore_patterns("__pycache__", "notebooks", *elsewhere)
    shutil.copytree(source, copy, ignore=unbuilt)
    for file in copy.rglob("*"):
        os.utime(file, (when, when))
    subprocess.run(
        (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)),
        cwd=copy,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1767225600"},
        capture_output=True,
        check=True,
    )
    [wheel] = folder.glob("*.whl")
    return wheel
