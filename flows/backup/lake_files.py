"""The lake's Parquet files in a backup: all that the copied catalog names, old snapshots' too."""

import shutil
from pathlib import Path
from typing import Final

from psycopg import Connection

from flows.backup.manifest import BackupError

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


def require_local(lake_path: str) -> None:
    """Refuse a lake whose files are not in a folder.

    Raises:
        BackupError: They are elsewhere.
    """
    if "://" in lake_path:
        raise BackupError(
            f"the lake's files are at {lake_path}, and only a lake in a local folder can be "
            "backed up and restored: use that store's own versions and copies"
        )


def copy_lake_files(connection: Connection, lake_path: str, folder: Path) -> int:
    """Copy every file that the catalog names in this transaction; return how many.

    Raises:
        BackupError: The catalog names one that is not there, or is somewhere else.
    """
    names = connection.execute(_NAMED).fetchall()
    for name, is_relative in names:
        source = Path(lake_path) / name
        if not is_relative:
            raise BackupError(f"the lake's file {name} is outside of {lake_path}: move it there")
        if not source.is_file():
            raise BackupError(
                f"the lake's file {source} is missing: make the lake anew with 'cellpulse rebuild'"
            )
        target = folder / _FOLDER / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return len(names)


def restore_lake_files(folder: Path, names: list[str], lake_path: str) -> None:
    """Put the files of a backup, named as its manifest names them, into the lake's folder."""
    Path(lake_path).mkdir(parents=True, exist_ok=True)
    for name in names:
        if name.startswith(f"{_FOLDER}/"):
            target = Path(lake_path) / name.removeprefix(f"{_FOLDER}/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, target)
