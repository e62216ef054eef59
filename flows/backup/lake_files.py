"""The lake's Parquet files in a backup: all that the copied catalog names, old snapshots' too."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import duckdb
from psycopg import Connection

from flows.backup.manifest import BackupError
from flows.stores.lake_bucket import bucket_error
from flows.stores.lake_engine import WHOLE_FILES, is_bucket, open_engine
from flows.stores.sql_text import literal

_FOLDER: Final = "lake"
_NAMED: Final = """
SELECT s.path || t.path || f.path, s.path_is_relative AND t.path_is_relative AND f.path_is_relative
FROM (
    SELECT table_id, path, path_is_relative FROM lake.ducklake_data_file
    UNION ALL
    SELECT table_id, path, path_is_relative FROM lake.ducklake_delete_file
) AS f
JOIN (SELECT DISTINCT ON (table_id) * FROM lake.ducklake_table) AS t USING (table_id)
JOIN (SELECT DISTINCT ON (schema_id) * FROM lake.ducklake_schema) AS s USING (schema_id)
"""


def copy_lake_files(connection: Connection, lake_path: str, folder: Path) -> int:
    """Copy every file that the catalog names in this transaction; return how many.

    Raises:
        BackupError: The catalog names one that is not there, or is somewhere else.
    """
    names = connection.execute(_NAMED).fetchall()
    with _copying(lake_path) as copy:
        for name, is_relative in names:
            if not is_relative:
                raise BackupError(
                    f"the lake's file {name} is outside of {lake_path}: move it there"
                )
            target = folder / _FOLDER / name
            target.parent.mkdir(parents=True, exist_ok=True)
            copy(_below(lake_path, name), str(target))
    return len(names)


def restore_lake_files(folder: Path, names: list[str], lake_path: str) -> None:
    """Put the files of a backup, named as its manifest names them, to where the lake is.

    Raises:
        BackupError: The lake's bucket does not take one.
    """
    with _copying(lake_path) as copy:
        for name in names:
            if name.startswith(f"{_FOLDER}/"):
                target = _below(lake_path, name.removeprefix(f"{_FOLDER}/"))
                if not is_bucket(lake_path):
                    Path(target).parent.mkdir(parents=True, exist_ok=True)
                copy(str(folder / name), target)


def _below(lake_path: str, name: str) -> str:
    return f"{lake_path.rstrip('/')}/{name}"


@contextmanager
def _copying(lake_path: str) -> Iterator[Callable[[str, str], object]]:
    """Yield what copies one file: from and to a folder as ever, from and to a bucket by DuckDB."""
    if not is_bucket(lake_path):
        yield _copy_on_disk
        return
    with closing(open_engine(lake_path, WHOLE_FILES)) as engine:

        def copy(source: str, target: str) -> None:
            content = f"SELECT content FROM read_blob({literal(source)})"  # noqa: S608 - names
            try:
                engine.execute(f"COPY ({content}) TO {literal(target)} (FORMAT blob)")
            except duckdb.Error as error:
                raise BackupError(f"{source}: {bucket_error(error) or error}") from error

        yield copy


def _copy_on_disk(source: str, target: str) -> None:
    if not Path(source).is_file():
        raise BackupError(
            f"the lake's file {source} is missing: make the lake anew with 'cellpulse rebuild'"
        )
    shutil.copyfile(source, target)
