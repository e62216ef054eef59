"""What makes a folder a backup: its manifest, written last, which names every file's checksum."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from ingest_api.foreseen import ForeseenError

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"


class BackupError(ForeseenError):
    """Why there is no backup or no restore, in one line that says what to do."""


class FileSum(BaseModel):
    """What a file of the backup must be."""

    size_bytes: int
    sha256: str


class TableCopy(BaseModel):
    """One table of PostgreSQL as it was copied.

    Attributes:
        table_schema: `public` for the master data, `lake` for the lake's catalog.
        columns: Each column's name and type.
        keys: Its primary key, as PostgreSQL writes constraints.
        rows: How many were copied.
    """

    table_schema: str
    name: str
    columns: list[tuple[str, str]]
    keys: list[str]
    rows: int

    @property
    def file(self) -> str:
        """The file of its rows, within the backup."""
        return f"postgres/{self.table_schema}.{self.name}.copy.gz"


class Manifest(BaseModel):
    """What a backup holds.

    Attributes:
        format: Version of this layout; a newer one is refused.
        data_version: Layout of the data folder.
        revision: Version of the master data's tables.
        positions: Each store's own place in the log, as its copy has it.
        repeats_known_to: Up to this entry of the log the copied keys know every repeat.
        last_entry: The newest id that the log has given.
        counts: The log's counts at the backup's moment.
        log_events: Entries of the log.
        rejected: Entries that were set aside.
        lake_files: Parquet files.
        influxdb_events: Events of the full log; None where there was none.
    """

    format: int = FORMAT
    made_at: datetime
    made_by: str
    data_version: int
    revision: str
    tables: list[TableCopy]
    positions: dict[str, str]
    repeats_known_to: str
    last_entry: str
    counts: dict[str, int]
    log_events: int
    rejected: int
    lake_files: int
    influxdb_events: int | None
    files: dict[str, FileSum]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the manifest into place at once, after everything else is on disk."""
    aside = folder / f"{MANIFEST}.new"
    aside.write_text(manifest.model_dump_json(indent=1))
    for path in [aside, *(folder / name for name in manifest.files)]:
        _sync(path)
    aside.rename(folder / MANIFEST)
    for directory in {folder, *(path.parent for path in folder.rglob("*"))}:
        _sync(directory)


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a backup, once every file is found to be what it says.

    Raises:
        BackupError: It is no whole backup, or one of a newer format.
    """
    try:
        found = json.loads((folder / MANIFEST).read_text())
        number = found["format"]
    except FileNotFoundError as error:
        raise BackupError(
            f"{folder} is no whole backup: it has no {MANIFEST}, which is written last; take a "
            "backup that was not cut off"
        ) from error
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise BackupError(f"{folder}/{MANIFEST} is damaged: take another backup") from error
    if number != FORMAT:
        raise BackupError(
            f"{folder} has backup format {number!r}; this Cellpulse knows {FORMAT}: upgrade it"
        )
    try:
        manifest = Manifest.model_validate(found)
    except ValidationError as error:
        raise BackupError(f"{folder}/{MANIFEST} is damaged: take another backup") from error
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise BackupError(f"{folder}/{MANIFEST} names a file outside of the backup: {name!r}")
        if not path.is_file():
            raise BackupError(f"{path} is missing: the backup is not whole, take another one")
        if sum_of(path) != expected:
            raise BackupError(f"{path} is not as it was written: take another backup")
    return manifest


def sums_below(folder: Path) -> dict[str, FileSum]:
    """Return the sums of all files below a folder, by their names within it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sum_of(path) for path in files}


def sum_of(path: Path) -> FileSum:
    """Return a file's size and checksum."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileSum(size_bytes=path.stat().st_size, sha256=digest)


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses into our own error."""
    try:
        yield
    except OSError as error:
        where = error.filename or folder
        raise BackupError(f"{where}: {error.strerror or error}: nothing was completed") from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
