"""One session's file on disk, locked for as long as its owner lives."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

try:
    import fcntl
except ImportError:  # Windows
    HAS_LOCKS = False
else:
    HAS_LOCKS = True

#: On Windows an open file can be neither renamed nor deleted, which tells who lives as locks do.
OPEN_FILES_STAY = os.name == "nt"

SUFFIX = ".jsonl"
#: Of a file that is being made. One that stays is what a crash left, and holds nothing of its own.
SUFFIX_OF_NEW = ".new"
_FLAGS = os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0)
#: Where files can't be locked, a file that nobody wrote to for so long is taken for dead. If its
#: session lives after all, its events are sent twice, and the server counts them once.
_DEAD_AFTER_S = 24 * 3600.0


class SpoolFile:
    """An open spool file. Only its owner may make one. Its methods raise OSError."""

    def __init__(self, path: Path, descriptor: int) -> None:
        """Own the file at `path`, open as `descriptor`."""
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def create(cls, path: Path, data: bytes = b"") -> SpoolFile:
        """Put a new file that holds `data`, and that only its user can read, at `path`.

        It is locked before it has its name, so that no other kernel takes it for a dead one's.
        """
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Where there are no locks, an open file can't be renamed either.
        first = path.with_suffix(SUFFIX_OF_NEW) if HAS_LOCKS else path
        descriptor = os.open(first, _FLAGS | os.O_CREAT | os.O_TRUNC, 0o600)
        file = cls(path, descriptor)
        try:
            _lock(descriptor)
            file.append(data)
            if first != path:
                first.replace(path)
        except OSError:
            file.close()
            if first != path:
                first.unlink()
            raise
        return file

    @classmethod
    def take_over(cls, path: Path) -> Optional[SpoolFile]:
        """Own the file of a session that is dead. None where it lives or another took it."""
        try:
            if OPEN_FILES_STAY:
                path.rename(path)  # changes nothing, and fails while a kernel has it open
            descriptor = os.open(path, _FLAGS)
        except OSError:
            return None
        # The file may have been replaced or removed between opening and locking.
        if not _lock(descriptor, path) or not _is_at(descriptor, path):
            os.close(descriptor)
            return None
        return cls(path, descriptor)

    def is_gone(self) -> bool:
        """Return whether somebody deleted the file: what is written to it would be lost."""
        return os.fstat(self._descriptor).st_nlink == 0

    def append(self, data: bytes) -> None:
        """Add whole lines with one write.

        Without fsync: what is written survives the end of the process, however it ends. Only a
        crash of the whole machine can lose it, and waiting for the disk would cost each cell
        milliseconds.
        """
        if os.write(self._descriptor, data) != len(data):
            raise OSError(errno.ENOSPC, "the disk took only part of a line", str(self.path))

    def lines(self) -> Iterator[bytes]:
        """Yield the file's lines."""
        with self.path.open("rb") as file:
            yield from file

    def clear(self) -> None:
        """Drop all lines."""
        os.ftruncate(self._descriptor, 0)

    def replaced(self, data: bytes) -> SpoolFile:
        """Put `data` in the place of all lines, at once, and return the file to go on with."""
        new = SpoolFile.create(self.path, data)
        self.close()
        return new

    def remove(self) -> None:
        """Delete the file, still locked, so that nobody takes over a file that is going."""
        if OPEN_FILES_STAY:
            self.close()
            self.path.unlink()
            return
        try:
            self.path.unlink()
        finally:
            self.close()

    def close(self) -> None:
        """Give the file up. Where a process was forked, this closes only the caller's half."""
        os.close(self._descriptor)


def _lock(descriptor: int, path: Optional[Path] = None) -> bool:
    """Lock a file; where that can't be done, judge by its age. `path` is None for a new file.

    flock, because it goes with the open file: it holds from any thread, ends with the process
    however that ends, and is not lost when the process opens and closes the file once more.
    """
    try:
        if HAS_LOCKS:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except BlockingIOError:
        return False
    except OSError:
        pass  # a network disk without locks
    return (
        path is None
        or OPEN_FILES_STAY
        or time.time() - os.fstat(descriptor).st_mtime > _DEAD_AFTER_S
    )


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False
