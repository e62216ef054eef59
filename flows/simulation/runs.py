"""What came of running a cell: the code's measures and the error, shared by all who ran it."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from ingest_api.events import RunStatus


@dataclass(frozen=True, slots=True)
class Run:
    """The outcome of one code text.

    Attributes:
        error_line: The line of the code, from 1, at which it failed.
        code: The code itself.
        code_sha256: SHA-256 of the code as UTF-8.
        code_lines: Lines of code.
        code_chars: Characters of code.
    """

    status: RunStatus
    error_name: str | None
    error_message: str | None
    error_line: int | None
    code: str
    code_sha256: str
    code_lines: int
    code_chars: int


@lru_cache(maxsize=10_000)
def ran(
    code: str,
    error_name: str | None = None,
    error_message: str | None = None,
    error_line: int | None = None,
) -> Run:
    """Return the outcome of running `code`, without an error where none is named."""
    digest = hashlib.sha256(code.encode())
    return Run(
        status=_status(error_name),
        error_name=error_name,
        error_message=error_message,
        error_line=error_line,
        code=code,
        code_sha256=digest.hexdigest(),
        code_lines=len(code.splitlines()),
        code_chars=len(code),
    )


def _status(error_name: str | None) -> RunStatus:
    if error_name is None:
        return "ok"
    return "interrupted" if error_name == "KeyboardInterrupt" else "error"
