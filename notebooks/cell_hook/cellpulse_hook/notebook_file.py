"""What the notebook file says of a cell, kept at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Optional

from cellpulse_hook.marks import MarkedCell, mark_cells


class NotebookFile:
    """What a notebook on disk says of its cells. It is read again only after it has changed."""

    def __init__(self) -> None:
        """Know no notebook yet."""
        self._file: Optional[str] = None
        self._version: Optional[tuple[int, int]] = None
        self._marks: dict[str, MarkedCell] = {}

    def knows(self, file: str, cell_id: str) -> bool:
        """Return whether the notebook on disk has the cell. False where it can't be read."""
        return self.read(file) and cell_id in self._marks

    def marked(self, file: str, cell_id: str) -> Optional[MarkedCell]:
        """Return what marks the cell.

        None where the notebook on disk does not have the cell or can't be read.
        """
        return self._marks.get(cell_id) if self.read(file) else None

    def mark_of(self, cell_id: str) -> Optional[MarkedCell]:
        """Return what marks the cell, as the notebook was last read.

        This reads nothing, so it is for the callback that a student waits for.
        """
        return self._marks.get(cell_id)

    def read(self, file: str) -> bool:
        """Read the notebook unless it is as it was, and return whether it could be read."""
        try:
            stat = Path(file).stat()
            version = (stat.st_mtime_ns, stat.st_size)
            if (file, version) == (self._file, self._version):
                return True
            notebook = json.loads(Path(file).read_bytes())
        except (OSError, ValueError, RecursionError):
            # Not there, or half written: a moment later it may be.
            self._file = None
            return False
        self._file, self._version = file, version
        self._marks = {mark.cell_id: mark for mark in mark_cells(notebook) if mark.cell_id}
        return True
