"""Runs cells for real, as a kernel does, and tells what the hook would tell of their errors."""

import io
import sys
from contextlib import redirect_stdout
from types import FrameType
from typing import Any, Final

from cellpulse_hook import error_text

#: A cell of the catalogue that runs more lines than this never ends.
_MOST_LINES: Final = 5_000


def run(code: str, names: dict[str, Any]) -> None:
    """Run a cell, and interrupt it as a student does when it does not end."""
    lines = 0

    def count(_: FrameType, event: str, __: object) -> Any:
        nonlocal lines
        lines += event == "line"
        if lines > _MOST_LINES:
            raise KeyboardInterrupt
        return count

    compiled = compile(code, "cell", "exec")
    before = sys.gettrace()
    sys.settrace(count)
    try:
        with redirect_stdout(io.StringIO()):
            exec(compiled, names)
    finally:
        sys.settrace(before)


def error_of(code: str, names: dict[str, Any]) -> tuple[str, str] | None:
    """Run a cell and return the name and the message of its error."""
    try:
        run(code, names)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the students' errors are asked for
        return type(error).__name__, error_text.error_message(error, code, send_code=False)
    return None
