"""The events of this session that the server does not have yet."""

from __future__ import annotations

import threading
import time
from collections import deque
from pathlib import Path
from typing import Any, Optional

from cellpulse_hook.records import Record, acknowledgement, first_batch, make_record
from cellpulse_hook.spool_file import SUFFIX, SpoolFile
from cellpulse_hook.spool_folder import count_waiting, make_room, measure

#: After the disk failed, how long until it is tried again, in seconds.
_DISK_RETRY_S = 30.0
#: Part of the limit that all kernels together may fill. The rest is for what the others write
#: between two looks at them: one comes whenever this kernel wrote a fiftieth of the limit.
_ROOM = 0.9
_LOOK_EVERY = 1 / 50
#: Part of the limit that is this session's, however much others take.
_OWN = 0.1
#: What making room leaves of what is available, so that it is not made for every event.
_KEPT = 0.9


class Spool:
    """Numbers events and keeps them, in memory and on disk, until the server has them.

    The callback of a cell waits for the write, so that an event is on disk before the student
    sees that the cell is done: an append without fsync takes about 10 µs, and a kernel that is
    killed a moment later has lost nothing. Memory is what is sent from; the disk only has to be
    read by the next kernel. When the disk fails, memory goes on alone. Nothing here raises
    OSError. All methods may be called from any thread.
    """

    def __init__(self, root: Path, folder: Path, session_id: str, limit_bytes: int) -> None:
        """Keep the file of `session_id` in `folder`, and all files below `root` in the limit."""
        self.dropped = 0
        self.disk_problem: Optional[str] = None
        self._root = root
        self._path = folder / f"{session_id}{SUFFIX}"
        self._room_bytes = int(limit_bytes * _ROOM)
        self._own_bytes = int(limit_bytes * _OWN)
        self._look_every_bytes = limit_bytes * _LOOK_EVERY
        self._lock = threading.Lock()
        self._waiting: deque[Record] = deque()
        self._waiting_bytes = 0
        self._seq = 0
        self._file: Optional[SpoolFile] = None
        self._file_bytes = 0
        self._retry_disk_at = 0.0
        self._written_since_look = 0
        self._others_bytes = make_room(root, self._room_bytes)
        self._open()

    def append(self, common: str, fields: dict[str, Any]) -> None:
        """Give `fields`, and what is encoded in `common`, the next number, and keep them."""
        with self._lock:
            # Counted first: were this interrupted, a gap would show, never one number twice.
            self._seq += 1
            fields["seq"] = self._seq
            record = make_record(common, fields)
            self._waiting.append(record)
            self._waiting_bytes += len(record.line)
            self._write(record.line)
            self._written_since_look += len(record.line)
            if (
                self._written_since_look > self._look_every_bytes
                or self._used_bytes() > self._available_bytes()
            ):
                self._make_room()

    def oldest(self) -> list[Record]:
        """Return the next events to send."""
        with self._lock:
            return first_batch(self._waiting)

    def waiting(self) -> list[Record]:
        """Return all events that the server does not have yet."""
        with self._lock:
            return list(self._waiting)

    def count_waiting(self) -> int:
        """Return how many events the server does not have yet."""
        return len(self._waiting)

    def count_waiting_elsewhere(self) -> int:
        """Return how many of the student's events wait that other kernels recorded."""
        return count_waiting(self._path.parent, self._path)

    def acknowledge(self, seq: int) -> None:
        """Forget all events up to `seq`."""
        with self._lock:
            while self._waiting and self._waiting[0].seq <= seq:
                self._waiting_bytes -= len(self._waiting.popleft().line)
            if self._waiting:
                self._write(acknowledgement(seq))
            else:
                self._clear()

    def close(self) -> None:
        """Leave the file to the next kernel, or delete it when nothing waits."""
        with self._lock:
            if self._waiting and self._file is not None and self._file.is_gone():
                self._open()
            file, self._file = self._file, None
            self._retry_disk_at = float("inf")
            if file is not None:
                try:
                    (file.close if self._waiting else file.remove)()
                except OSError as error:
                    self.disk_problem = str(error)

    def abandon(self) -> None:
        """Let go of the parent's file in a forked child.

        The child's copy of the open file would otherwise keep the lock after the parent's end.
        No lock is taken here: another thread of the parent may have held it.
        """
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _used_bytes(self) -> int:
        # The file is longer than what waits while it holds what was acknowledged.
        return (
            self._waiting_bytes if self.disk_problem else max(self._waiting_bytes, self._file_bytes)
        )

    def _write(self, data: bytes) -> None:
        """Add lines to the file, or bring it up to date after a failure."""
        if self._file is None or self.disk_problem is not None:
            if time.monotonic() >= self._retry_disk_at:
                self._open()
            return
        try:
            if self._file.is_gone():
                self._open()
                return
            self._file.append(data)
            self._file_bytes += len(data)
        except OSError as error:
            self._disk_failed(error)

    def _open(self) -> None:
        """Make the file hold what memory holds."""
        data = b"".join(record.line for record in self._waiting)
        try:
            if self._file is None:
                self._file = SpoolFile.create(self._path, data)
            else:
                self._file = self._file.replaced(data)
            self._file_bytes = len(data)
            self.disk_problem = None
        except OSError as error:
            self._disk_failed(error)

    def _clear(self) -> None:
        if self._file is None:
            return
        try:
            self._file.clear()
            self._file_bytes = 0
            self.disk_problem = None
        except OSError as error:
            self._disk_failed(error)

    def _disk_failed(self, error: OSError) -> None:
        self.disk_problem = str(error)
        self._retry_disk_at = time.monotonic() + _DISK_RETRY_S

    def _available_bytes(self) -> int:
        """Return how much of the room is this session's, as others filled it at the last look."""
        return max(self._room_bytes - self._others_bytes, self._own_bytes)

    def _make_room(self) -> None:
        """Look at the others, and drop the oldest events, first dead sessions', where it is due."""
        self._written_since_look = 0
        self._others_bytes = measure(self._root, self._path)
        if self._others_bytes + self._waiting_bytes > self._room_bytes:
            enough = int(self._room_bytes * _KEPT) - self._waiting_bytes
            self._others_bytes = make_room(self._root, enough, self._path)
        available = self._available_bytes()
        if self._used_bytes() <= available:
            return
        while len(self._waiting) > 1 and self._waiting_bytes > available * _KEPT:
            self._waiting_bytes -= len(self._waiting.popleft().line)
            self.dropped += 1
        self._open()
