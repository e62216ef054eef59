"""The folder of all spool files: what dead sessions left, and how much room is taken."""

from __future__ import annotations

import contextlib
import hashlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

from cellpulse_hook.records import Record, acknowledgement, first_batch, read_records
from cellpulse_hook.spool_file import SUFFIX, SUFFIX_OF_NEW, SpoolFile


def folder_of(root: Path, course_id: str, student_id: str) -> Path:
    """Return the folder for one student's events of one course.

    Its name is a hash, because an identifier may hold what a file name may not.
    """
    name = hashlib.sha256(f"{course_id}\n{student_id}".encode("utf-8", "replace")).hexdigest()
    return root / name[:16]


class Leftover:
    """The events that a dead session left."""

    def __init__(self, file: SpoolFile) -> None:
        """Own `file`. Raises OSError where it can't be read, or where a newer hook wrote it."""
        self._file = file
        self._records = deque(read_records(file.lines()))

    def oldest(self) -> list[Record]:
        """Return the next events to send."""
        return first_batch(self._records)

    def waiting(self) -> list[Record]:
        """Return all events that the server does not have yet."""
        return list(self._records)

    def acknowledge(self, seq: int) -> None:
        """Forget all events up to `seq`."""
        while self._records and self._records[0].seq <= seq:
            self._records.popleft()
        # If it fails, they are sent again after a crash, and the server counts them once.
        with contextlib.suppress(OSError):
            self._file.append(acknowledgement(seq))

    def finish(self) -> None:
        """Delete the file when all is sent, else leave it to the next kernel."""
        # If it fails, the next kernel tries again.
        with contextlib.suppress(OSError):
            (self._file.close if self._records else self._file.remove)()

    def abandon(self) -> None:
        """Let go of the parent's file in a forked child."""
        with contextlib.suppress(OSError):
            self._file.close()


def leftovers(folder: Path) -> Iterator[Leftover]:
    """Yield what dead sessions left in `folder`, the oldest first. The caller finishes each."""
    for path in _files(folder, f"*{SUFFIX}"):
        file = SpoolFile.take_over(path)
        if file is None:
            continue
        try:
            leftover = Leftover(file)
        except OSError:
            file.close()
            continue
        yield leftover


def count_waiting(folder: Path, own: Path) -> int:
    """Return how many events wait in `folder` beside those of the file `own`."""
    count = 0
    for path in _files(folder, f"*{SUFFIX}"):
        if path != own:
            # One that cannot be read, or that was sent and deleted just now, has none to tell of.
            with contextlib.suppress(OSError), path.open("rb") as file:
                count += len(read_records(file))
    return count


def measure(root: Path, own: Optional[Path] = None) -> int:
    """Return how many bytes all spool files below `root` take, without the file `own`."""
    return sum(_sizes(root, own).values())


def make_room(root: Path, room_bytes: int, own: Optional[Path] = None) -> int:
    """Delete the oldest dead sessions' files below `root` until the rest fits in `room_bytes`.

    Returns:
        Bytes that are left, without those of the file `own`. Files of live sessions stay.
    """
    sizes = _sizes(root, own)
    left = sum(sizes.values())
    for path, size in sizes.items():
        if left <= room_bytes:
            break
        file = SpoolFile.take_over(path)
        if file is None:
            continue
        try:
            file.remove()
        except OSError:
            continue
        left -= size
    return left


def _sizes(root: Path, own: Optional[Path]) -> dict[Path, int]:
    """Return the bytes of each file, the oldest first."""
    paths = _files(root, f"*/*{SUFFIX}", f"*/*{SUFFIX_OF_NEW}")
    return {path: _size(path) for path in paths if path != own}


def _files(folder: Path, *patterns: str) -> list[Path]:
    """Return spool files, the oldest first: a session's id sorts by its time."""
    try:
        found = [path for pattern in patterns for path in folder.glob(pattern)]
        return sorted(found, key=lambda path: path.name)
    except OSError:
        return []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
