"""The cells of a notebook of any format and any language, as far as they can be read."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Optional

_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]+(.*))?$")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
#: nbgrader's own marks look like headings, and what is between them only the instructor sees.
_SOLUTION = re.compile(
    r"^#+[ \t]*BEGIN (SOLUTION|HIDDEN TESTS|MARK SCHEME)\b.*?(?:^#+[ \t]*END \1\b[^\n]*|\Z)",
    re.DOTALL | re.MULTILINE,
)
#: Many courses set the name of a question in bold at the start of a line instead of as a heading.
_BOLD = re.compile(r"[ \t]*(?:[-*>][ \t]+)?(\*\*|__)[ \t]*(?=\S)(.+?)\1")
_ASKS = re.compile(
    r"(?:question|exercise|problem|task|part|quiz|frage|aufgabe|exercice|ejercicio|q)\b"
    r"|\w{0,3}\d+(?:[._]\d+)*\b",
    re.IGNORECASE,
)


class Cell(NamedTuple):
    """One cell. Whatever is missing or of a wrong type is empty.

    Attributes:
        place: Its place in the notebook, of all cells, from 0.
        cell_id: None before notebook format 4.5.
        kind: `code`, `markdown`, `raw`, or '' for what is no cell.
        source: Its text.
        metadata: Its metadata.
        tags: Its tags, without blanks around them.
        headings: The headings in it, for Markdown.
        title: The last heading or question in bold in it, for Markdown.
    """

    place: int
    cell_id: Optional[str]
    kind: str
    source: str
    metadata: dict[str, Any]
    tags: tuple[str, ...]
    headings: tuple[str, ...]
    title: Optional[str]


def read_cells(notebook: Any) -> list[Cell]:
    """Return the cells of a decoded notebook, those of format 2 and 3 (`worksheets`) too."""
    content = _mapping(notebook)
    found = content.get("cells")
    if not isinstance(found, list):
        found = []
        for sheet in _items(content.get("worksheets")):
            found.extend(_items(_mapping(sheet).get("cells")))
    return [_read_cell(index, _mapping(cell)) for index, cell in enumerate(found)]


def _read_cell(index: int, cell: dict[str, Any]) -> Cell:
    kind = str(cell.get("cell_type", ""))
    source = _text(cell.get("source", cell.get("input", "")))
    if kind == "heading":  # notebook format 3
        kind, source = "markdown", "# " + " ".join(source.split())
    metadata = _mapping(cell.get("metadata"))
    cell_id = cell.get("id")
    headings, title = _headings(source) if kind == "markdown" else ((), None)
    return Cell(
        index,
        cell_id if isinstance(cell_id, str) and cell_id else None,
        kind,
        source,
        metadata,
        tuple(str(tag).strip() for tag in _items(metadata.get("tags"))),
        headings,
        title,
    )


def _headings(markdown: str) -> tuple[tuple[str, ...], Optional[str]]:
    """Return the headings, which are not in a block of code, and the last title."""
    headings = []
    title = fence = None
    for line in _SOLUTION.sub("", _COMMENT.sub("", markdown)).splitlines():
        mark = _FENCE.match(line)
        if mark and fence in (None, mark.group(1)):
            fence = None if fence else mark.group(1)
        elif fence is None:
            found = _HEADING.match(line)
            text = _without_closing_marks(found.group(1) or "") if found else ""
            if text:
                headings.append(text)
                title = text
            else:
                title = _bold_question(line) or title
    return tuple(headings), title


def _bold_question(line: str) -> Optional[str]:
    found = _BOLD.match(line)
    if found is None:
        return None
    text = found.group(2).strip().rstrip(".:").rstrip()
    return text if _ASKS.match(text) else None


def _without_closing_marks(text: str) -> str:
    """Return `Lists` for `Lists ##`, and leave `C#` alone."""
    text = text.strip()
    shorter = text.rstrip("#")
    return shorter.rstrip() if shorter.endswith((" ", "\t")) or not shorter else text


def _text(source: Any) -> str:
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
