"""What the notebook file says of a cell, kept at hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, TypeVar

from cellpulse_hook.cell_metadata import mark_alone

if TYPE_CHECKING:
    from cellpulse_hook.marks import MarkedCell

#: More cells than this are not waited for; a student's notebook has some tens.
_MOST_UNKNOWN = 1_000

Key = TypeVar("Key", bound=Hashable)


class _Marks(NamedTuple):
    """The cells of one version of a notebook."""

    by_id: dict[str, MarkedCell]
    #: By the cell's own grade id.
    by_key: dict[str, MarkedCell]
    #: By the SHA-256 of their code. Where cells with the same code are marked otherwise, none.
    by_code: dict[str, MarkedCell]
    #: By the name of the check. Where checks of the same name are of several exercises, none.
    by_check: dict[str, MarkedCell]


class NotebookFile:
    """What a notebook on disk says of its cells. It is read again only after it has changed.

    A cell is found by its id, else by its own metadata, else by its code: notebooks before format
    4.5 have no ids, and some editors send ids of their own. Such an id is known from the first
    save on that holds the code which was run under it.
    """

    def __init__(self, first: Optional[str] = None) -> None:
        """Know no notebook yet; that at `first` is read when a cell is first asked for."""
        self._first = first
        self._file: Optional[str] = None
        self._version: Optional[tuple[int, int]] = None
        self._known_file: Optional[str] = None
        self._marks = _Marks({}, {}, {}, {})
        self._learned: dict[str, MarkedCell] = {}
        #: The code's SHA-256 by ids of which nothing is known yet.
        self._unknown: dict[str, str] = {}

    def marked(
        self,
        file: str,
        cell_id: Optional[str],
        code_sha256: Optional[str] = None,
        metadata: Optional[dict[str, Any]] = None,
    ) -> Optional[MarkedCell]:
        """Return what marks the cell.

        Where the notebook on disk does not have the cell or can't be read, that is what its own
        metadata says, or None.
        """
        if not self.read(file):
            return mark_alone(metadata)
        if cell_id is not None and code_sha256 is not None and cell_id not in self._marks.by_id:
            if len(self._unknown) == _MOST_UNKNOWN:
                self._unknown.clear()
            self._unknown[cell_id] = code_sha256
            self._learn()
        return self.mark_of(cell_id, code_sha256, metadata)

    def marked_check(self, file: str, name: str) -> Optional[MarkedCell]:
        """Return what marks the cell of a check. None as for `marked`."""
        return self._marks.by_check.get(name) if self.read(file) else None

    def mark_of(
        self,
        cell_id: Optional[str],
        code_sha256: Optional[str] = None,
        metadata: Optional[dict[str, Any]] = None,
    ) -> Optional[MarkedCell]:
        """Return what marks the cell, as the notebook was last read.

        This reads nothing after the very first time, so it is for the callback that a student
        waits for.
        """
        if self._first is not None:
            # So that the very first cell is known as a check where it is one.
            first, self._first = self._first, None
            self.read(first)
        marks = self._marks
        found = marks.by_id.get(cell_id) if cell_id is not None else None
        own = mark_alone(metadata) if found is None else None
        if own is not None:
            # Which exercise a test belongs to, only the whole notebook tells.
            found = marks.by_key.get(own.key or "", own)
        if found is None and code_sha256 is not None:
            found = marks.by_code.get(code_sha256)
        if found is None and cell_id is not None:
            found = self._learned.get(cell_id)
        return found

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
        if file != self._known_file:
            self._known_file = file
            self._learned, self._unknown = {}, {}
        # A kernel starts without them: what they look for is compiled when they are loaded.
        from cellpulse_hook.marks import mark_cells  # noqa: PLC0415
        from cellpulse_hook.notebook_cells import read_cells  # noqa: PLC0415

        marks = mark_cells(notebook)
        code = {cell.place: cell.source for cell in read_cells(notebook) if cell.kind == "code"}
        self._marks = _Marks(
            {mark.cell_id: mark for mark in marks if mark.cell_id},
            {mark.key: mark for mark in marks if mark.key and mark.marker == "nbgrader"},
            _without_doubt((_sha256(code[m.index]), m) for m in marks if code.get(m.index)),
            _without_doubt((mark.check, mark) for mark in marks if mark.check),
        )
        # Last: the other thread takes the notebook for read from here on.
        self._file, self._version = file, version
        self._learn()
        return True

    def _learn(self) -> None:
        """Take the ids for known of which the code that was run is in the notebook now."""
        by_code = self._marks.by_code
        found = {cell_id: sha for cell_id, sha in self._unknown.items() if sha in by_code}
        for cell_id, code_sha256 in found.items():
            self._learned[cell_id] = by_code[code_sha256]
            del self._unknown[cell_id]


def _sha256(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()


def _without_doubt(named: Iterable[tuple[Key, MarkedCell]]) -> dict[Key, MarkedCell]:
    """Return the cells by their keys, without keys of cells that are marked otherwise."""
    found: dict[Key, MarkedCell] = {}
    doubtful = set()
    for key, mark in named:
        known = found.setdefault(key, mark)
        if (known.exercise, known.check) != (mark.exercise, mark.check):
            doubtful.add(key)
    return {key: mark for key, mark in found.items() if key not in doubtful}
