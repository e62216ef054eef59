"""Clocks that jump: a preloaded library gives each process the time that a file says."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests.faults.plan import CLOCKS

_SOURCE: Final = Path(__file__).parent / "clock.c"
_NANOSECONDS: Final = 1_000_000_000


class Clocks:
    """A clock for each of `CLOCKS`, as far ahead of the machine's as its file says."""

    def __init__(self, folder: Path) -> None:
        self._library = folder / "clock.so"
        self._files = {name: folder / f"clock-{name}" for name in CLOCKS}
        compiler = shutil.which("cc")
        self.can_jump = compiler is not None
        if compiler is not None:
            command = (compiler, "-O2", "-shared", "-fPIC", "-o", self._library, _SOURCE)
            subprocess.run(command, check=True)
        for file in self._files.values():
            file.write_bytes(bytes(8))

    def environment(self, name: str) -> dict[str, str]:
        """Return what a process needs to have this clock."""
        if not self.can_jump or name not in self._files:
            return {}
        return {"LD_PRELOAD": str(self._library), "JUMPING_CLOCK": str(self._files[name])}

    def set(self, name: str, ahead_seconds: float) -> None:
        """Let a clock jump to so many seconds ahead of the machine's."""
        ahead = int(ahead_seconds * _NANOSECONDS)
        # In place: the processes have this very file in their memory.
        with self._files[name].open("r+b") as file:
            file.write(ahead.to_bytes(8, "little", signed=True))
