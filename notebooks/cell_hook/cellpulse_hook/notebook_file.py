"""Which exercise a cell belongs to and which check it is, read from the notebook file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

_EXERCISE_TAG = "exercise:"
_CHECK_TAG = "check:"
#: A cell for trying things out, wherever it stands.
_SCRATCH_TAG = "scratch"
_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]+(.*))?$")
_FENCE = re.compile(r" {0,3}(```|~~~)")


class NotebookFile:
    """What a notebook on disk says of its cells. It is read again only after it has changed."""

    def __init__(self) -> None:
        """Know no notebook yet."""
        self._file: Optional[str] = None
        self._version: Optional[tuple[int, int]] = None
        self._exercises: dict[str, Optional[str]] = {}
        self._checks: dict[str, str] = {}

    def knows(self, file: str, cell_id: str) -> bool:
        """Return whether the notebook on disk has the cell. False where it can't be read."""
        return self.read(file) and cell_id in self._exercises

    def exercise_of(self, file: str, cell_id: str) -> Optional[str]:
        """Return the name in the cell's own tag `exercise:NAME`, else the heading above it.

        Where any cell is tagged, headings count for nothing: the other cells are examples and
        experiments. None where there is neither, where the cell is tagged `scratch`, and where
        the notebook on disk does not have the cell or can't be read.
        """
        return self._exercises.get(cell_id) if self.read(file) else None

    def check_of(self, cell_id: str) -> Optional[str]:
        """Return the name in the cell's tag `check:NAME`, as the notebook was last read.

        This reads nothing, so it is for the callback that a student waits for.
        """
        return self._checks.get(cell_id)

    def read(self, file: str) -> bool:
        """Read the notebook unless it is as it was, and return whether it could be read."""
        try:
            stat = Path(file).stat()
            version = (stat.st_mtime_ns, stat.st_size)
            if (file, version) == (self._file, self._version):
                return True
            cells = json.loads(Path(file).read_bytes())["cells"]
            exercises, checks = dict(_exercises(cells)), dict(_checks(cells))
        except (OSError, ValueError, AttributeError, TypeError, KeyError):
            # Not there, or half written: a moment later it may be.
            self._file = None
            return False
        self._file, self._version = file, version
        self._exercises, self._checks = exercises, checks
        return True


def _exercises(cells: list[dict[str, Any]]) -> Iterator[tuple[str, Optional[str]]]:
    names = [_tagged_name(cell, _EXERCISE_TAG) for cell in cells]
    # Whoever tagged exercises has said which cells are none: examples and experiments.
    goes_by_headings = not any(names)
    heading = None
    for cell, name in zip(cells, names):  # noqa: B905 - Python 3.9 has no `strict`
        if cell["cell_type"] == "markdown" and goes_by_headings:
            heading = _last_heading(_source(cell)) or heading
        if "id" in cell:
            yield str(cell["id"]), name or (None if _SCRATCH_TAG in _tags(cell) else heading)


def _checks(cells: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for cell in cells:
        name = _tagged_name(cell, _CHECK_TAG)
        if name and "id" in cell:
            yield str(cell["id"]), name


def _tagged_name(cell: dict[str, Any], tag: str) -> Optional[str]:
    named = [found[len(tag) :].strip() for found in _tags(cell) if found.startswith(tag)]
    return next((name for name in named if name), None)


def _tags(cell: dict[str, Any]) -> list[str]:
    return [str(tag).strip() for tag in cell.get("metadata", {}).get("tags", ())]


def _source(cell: dict[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _last_heading(markdown: str) -> Optional[str]:
    """Return the text of the last heading, which is not in a block of code."""
    heading = None
    fence = None
    for line in markdown.splitlines():
        mark = _FENCE.match(line)
        if mark and fence in (None, mark.group(1)):
            fence = None if fence else mark.group(1)
        elif fence is None:
            found = _HEADING.match(line)
            heading = (found and _without_closing_marks(found.group(1) or "")) or heading
    return heading


def _without_closing_marks(text: str) -> str:
    """Return `Lists` for `Lists ##`, and leave `C#` alone."""
    text = text.strip()
    shorter = text.rstrip("#")
    return shorter.rstrip() if shorter.endswith((" ", "\t")) or not shorter else text
