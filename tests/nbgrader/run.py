"""A real nbgrader for the tests, beside their environment: it would load itself into JupyterLab."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

#: `make .venv/.nbgrader` makes it; `make test` does so by itself.
_PACKAGES: Final = Path(sys.prefix) / "nbgrader"
#: The course with which nbgrader's own guide begins.
EXAMPLE: Final = _PACKAGES / "nbgrader" / "docs" / "source" / "user_guide" / "source"
_COMMANDS: Final = Path(__file__).with_name("commands.py")


def run_nbgrader(folder: Path, *commands: str, environment: Mapping[str, str] = os.environ) -> None:
    """Run commands of nbgrader one after the other in a folder, as whoever has this environment."""
    paths = (str(_PACKAGES), environment.get("PYTHONPATH", ""))
    programs = (str(Path(sys.executable).parent), environment["PATH"])  # it runs `alembic`
    own = {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PATH": os.pathsep.join(programs),
        "HOME": str(folder),
    }
    done = subprocess.run(
        (sys.executable, _COMMANDS),
        cwd=folder,
        env={**environment, **own},
        input="\n".join(commands),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
