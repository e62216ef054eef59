"""What is wrong with a data set, in one line."""

from pathlib import Path


class DataSetError(Exception):
    """Why a data set was not imported: file, line and what to do."""


def fault(path: Path, message: str, line: int | None = None) -> DataSetError:
    """Return the error that names a file and, where there is one, its line."""
    where = f"{path}: " if line is None else f"{path}, line {line}: "
    return DataSetError(where + message)
