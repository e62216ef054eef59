"""Runs cells for real, as a kernel does, and tells what the hook would tell of their errors."""

import io
import sys
import traceback
from contextlib import redirect_stdout
from types import FrameType
from typing import Any, Final

from cellpulse_hook import error_text

#: A cell of the catalogue that runs more lines than this never ends.
_MOST_LINES: Final = 5_000
_FILE: Final = "cell"


def run(code: str, names: dict[str, Any]) -> None:
    """Run a cell, and interrupt it as a student does when it does not end."""
    lines = 0

    def count(_: FrameType, event: str, __: object) -> Any:
        nonlocal lines
        lines += event == "line"
        if lines > _MOST_LINES:
            raise KeyboardInterrupt
        return count

    compiled = compile(code, _FILE, "exec")
    before = sys.gettrace()
    sys.settrace(count)
    try:
        with redirect_stdout(io.StringIO()):
            exec(compiled, names)
    finally:
        sys.settrace(before)


def error_of(code: str, names: dict[str, Any]) -> tuple[str, str, int | None] | None:
    """Run a cell and return the name, the message and the line of its error.

    Where a cell without end is stopped is no line of its own.
    """
    try:
        run(code, names)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the students' errors are asked for
        message = error_text.error_message(error, code, send_code=False)
        line = None if isinstance(error, KeyboardInterrupt) else line_of(error)
        return type(error).__name__, message, line
    return None


def line_of(error: BaseException) -> int | None:
    """Return the line of the cell at which an error left it."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == _FILE]
    return error.lineno if isinstance(error, SyntaxError) and not lines else lines[-1]
