"""The line of a cell at which it failed: a number, which tells nothing of the code."""

from __future__ import annotations

import itertools
import linecache
from types import TracebackType
from typing import Any, Iterator, Optional

#: A traceback of more frames is not followed to its end; this many take about a millisecond.
_MOST_FRAMES = 10_000

#: As they are; a student's class could make anything of an attribute.
_traceback_of = BaseException.__dict__["__traceback__"].__get__
_lineno_of = SyntaxError.__dict__["lineno"].__get__
_filename_of = SyntaxError.__dict__["filename"].__get__


def error_line(error: BaseException, code: str, names: dict[str, Any]) -> Optional[int]:
    """Return the line of a cell's code, from 1, at which `error` left it. Never raises Exception.

    It is that of the innermost call in the cell itself, not of what was called elsewhere. For code
    that Python could not compile, it is the line that Python names. None where it can't be known:
    the cell has no part in the traceback, or what ran has other lines than the cell, as with a
    cell magic.

    Args:
        error: What the cell ended with.
        code: The cell as the student wrote it.
        names: The kernel's global names, by which the cell's own frames are known.
    """
    try:
        place = _in_traceback(_traceback_of(error), names) or _not_compiled(error)
        return None if place is None else _in_cell(*place, code)
    except Exception:  # noqa: BLE001 - the event matters more than its line
        return None


def _in_traceback(
    traceback: Optional[TracebackType], names: dict[str, Any]
) -> Optional[tuple[str, int]]:
    """Return file and line of the innermost frame of the file of the first one that is a cell."""
    frames = list(itertools.islice(_frames(traceback), _MOST_FRAMES + 1))
    if len(frames) > _MOST_FRAMES:
        return None
    cells = (each.tb_frame.f_code.co_filename for each in frames if _is_cell(each, names))
    file = next(cells, None)
    lines = (each.tb_lineno for each in reversed(frames) if _file(each) == file)
    return None if file is None else (file, next(lines))


def _frames(traceback: Optional[TracebackType]) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _file(traceback: TracebackType) -> str:
    return traceback.tb_frame.f_code.co_filename


def _is_cell(traceback: TracebackType, names: dict[str, Any]) -> bool:
    """Tell whether a frame is what stands in a cell outside functions, as IPython names it."""
    frame = traceback.tb_frame
    return frame.f_globals is names and frame.f_code.co_name.startswith(("<module>", "<cell line"))


def _not_compiled(error: BaseException) -> Optional[tuple[str, int]]:
    if not issubclass(type(error), SyntaxError):
        return None
    file, line = _filename_of(error), _lineno_of(error)
    return (file, line) if type(file) is str and type(line) is int else None


def _in_cell(file: str, line: int, code: str) -> Optional[int]:
    """Return the line of `code` that is this line of what IPython made of it, kept as `file`."""
    kept = linecache.cache.get(file)
    if kept is None or len(kept) != 4:  # noqa: PLR2004 - size, time, lines, name
        return None
    written = code.splitlines()
    # IPython leaves blank lines at a cell's begin out.
    blank = sum(1 for _ in itertools.takewhile(lambda text: not text.strip(), written))
    same_lines = blank + len(kept[2]) == len(written)
    return blank + line if same_lines and 0 < line <= len(kept[2]) else None
