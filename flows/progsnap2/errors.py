"""What is wrong with a data set, in one line."""

from pathlib import Path
from typing import Final

from ingest_api.foreseen import ForeseenError

_LONGEST_SHOWN: Final = 80


class DataSetError(ForeseenError):
    """Why a data set was not imported: file, line and what to do.

    Attributes:
        line: Of the file; None where it is no line's fault.
        reason: The message without file and line.
    """

    def __init__(self, message: str, line: int | None = None, reason: str = "") -> None:
        """Say why."""
        super().__init__(message)
        self.line = line
        self.reason = reason or message


def fault(path: Path, message: str, line: int | None = None) -> DataSetError:
    """Return the error that names a file and, where there is one, its line."""
    where = f"{path}: " if line is None else f"{path}, line {line}: "
    return DataSetError(where + message, line, message)


def shown(text: str) -> str:
    """Return a text of the data set as a message shows it: on one line, and not too long."""
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")
