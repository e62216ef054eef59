"""Whether the kernels of this machine load the hook."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from flows.doctor.finding import Finding, bad, off, ok

_PART: Final = "hook"
_SECONDS: Final = 30
#: What a kernel's Python is asked: the hook's version, and whether kernels load it by themselves.
_QUESTION: Final = """
import sys
from pathlib import Path
import cellpulse_hook
file = Path(sys.prefix) / "etc" / "ipython" / "ipython_kernel_config.py"
print(cellpulse_hook.__version__, file.is_file() and "cellpulse_hook" in file.read_text("utf-8"))
"""


def look_at_hook() -> Iterator[Finding]:
    """Yield for each IPython kernel of this machine whether it loads the hook."""
    pythons = _pythons_of_kernels()
    if pythons is None:
        yield off(_PART, "no Jupyter is here: run this where the notebooks run")
        return
    if not pythons:
        yield off(_PART, "Jupyter has no IPython kernel here")
    for python in pythons:
        yield _of_kernel(python)


def _pythons_of_kernels() -> list[str] | None:
    jupyter = Path(sys.executable).parent / "jupyter"
    command = str(jupyter) if jupyter.exists() else shutil.which("jupyter")
    if command is None:
        return None
    told = _run(command, "kernelspec", "list", "--json")
    if told is None:
        return None
    specs: dict[str, Any] = json.loads(told).get("kernelspecs", {})
    starts = [spec["spec"].get("argv", []) for spec in specs.values()]
    return sorted({argv[0] for argv in starts if "ipykernel_launcher" in argv})


def _of_kernel(python: str) -> Finding:
    # As a kernelspec means it: by this name the kernel's own environment is found.
    program = shutil.which(python, path=f"{Path(sys.executable).parent}") or python
    told = _run(program, "-c", _QUESTION)
    if told is None:
        return bad(
            _PART,
            f"the kernel {python} does not have it",
            f"'{program} -m pip install cellpulse-hook' (README: for instructors)",
        )
    version, _, loads = told.strip().partition(" ")
    if loads != "True":
        return bad(
            _PART,
            f"{version} is there, and the kernel {python} does not load it",
            "install it again: etc/ipython/ipython_kernel_config.py is not the hook's",
        )
    return ok(_PART, f"{version}, loaded by the kernel {python}")


def _run(*command: str) -> str | None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
