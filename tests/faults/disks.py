"""Small disks of their own for what must survive a full one; only root can mount them."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests.faults.plan import DISKS

_SIZE: Final = "2g"


class Disks:
    """A folder for each of `DISKS`: a file system in memory where this user may mount one."""

    def __init__(self, folder: Path) -> None:
        self._folders = {name: folder / name for name in DISKS}
        for path in self._folders.values():
            path.mkdir(parents=True)
        self.can_be_filled = os.geteuid() == 0 and all(map(_mount, self._folders.values()))

    def folder(self, name: str) -> Path:
        return self._folders[name]

    def fill(self, name: str) -> None:
        """Leave no room: the disk becomes as small as what is on it."""
        folder = self._folders[name]
        while not _remount(folder, str(max(shutil.disk_usage(folder).used, 4096))):
            pass  # it was written to in between

    def free(self, name: str) -> None:
        """Give the room back."""
        if not _remount(self._folders[name], _SIZE):
            raise OSError(f"{self._folders[name]} can't be given its room back")

    def unmount(self) -> None:
        if self.can_be_filled:
            for path in self._folders.values():
                subprocess.run(("umount", "--lazy", path), check=True)


def _mount(path: Path) -> bool:
    command = ("mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", path)
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _remount(path: Path, size: str) -> bool:
    command = ("mount", "-o", f"remount,size={size}", path)
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
