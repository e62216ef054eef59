"""Installs packages into the environment whose Python runs this, as `pip install` does.

Two differences, for whoever starts `make` a second time: one installation waits for the other, and
what an earlier one left when it was cut off goes first.
"""

import fcntl
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q")


def install(arguments: list[str]) -> int:
    """Run pip with these arguments, and return its exit code."""
    with (Path(sys.prefix) / ".installing").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write("another installation is under way: waiting for its end\n")
            fcntl.flock(lock, fcntl.LOCK_EX)
        _forget_parts(Path(sysconfig.get_path("purelib")))
        return subprocess.call([*_PIP, *arguments])


def _forget_parts(packages: Path) -> None:
    """Take away what is known of packages that are there in parts: pip fails at it ever after.

    Ctrl-C, a full disk or the end of the power leave them. INSTALLER is what pip writes when all
    else of a package is there.
    """
    for known in packages.glob("*.dist-info"):
        metadata = known / "METADATA"
        is_whole = metadata.is_file() and metadata.stat().st_size and (known / "INSTALLER").exists()
        if not is_whole:
            shutil.rmtree(known)


if __name__ == "__main__":
    try:
        sys.exit(install(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
