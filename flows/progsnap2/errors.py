"""What is wrong with a data set, in one line."""

from pathlib import Path
from typing import Final

_LONGEST_SHOWN: Final = 80


class DataSetError(Exception):
    """Why a data set was not imported: file, line and what to do."""


def fault(path: Path, message: str, line: int | None = None) -> DataSetError:
    """Return the error that names a file and, where there is one, its line."""
    where = f"{path}: " if line is None else f"{path}, line {line}: "
    return DataSetError(where + message)


def shown(text: str) -> str:
    """Return a text of the data set as a message shows it: on one line, and not too long."""
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")
