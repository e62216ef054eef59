"""The data folder carries the version of its layout; a newer one is refused, not guessed at."""

from pathlib import Path
from typing import Final

from ingest_api.foreseen import ForeseenError

DATA_VERSION: Final = 1


class UnknownDataVersionError(ForeseenError):
    """The data folder, or a store, was made by a newer Cellpulse."""


def check_data_version(folder: Path) -> None:
    """Note this version in a new data folder, or compare it with what stands there.

    Raises:
        UnknownDataVersionError: The folder is newer than this code.
    """
    note = folder / "version"
    if not note.is_file():
        note.write_text(f"{DATA_VERSION}\n")
        return
    found = note.read_text().strip()
    if found != str(DATA_VERSION):
        raise UnknownDataVersionError(
            f"the data folder {folder} has layout version {found!r}; this Cellpulse knows "
            f"{DATA_VERSION}: upgrade Cellpulse, or set CELLPULSE_DATA_DIR to another folder"
        )
