"""A bundle as a lake: every view and measure on the data that a researcher has published."""

from pathlib import Path
from typing import Final

import duckdb

from analytics.errors import LakeUnavailableError
from analytics.lake.empty_lake import empty_lake
from analytics.lake.views import describe_views
from analytics.measures.macros import create_measure_macros
from flows.bundle.as_lake import fill_lake
from flows.stores.sql_text import literal

#: Table of the master data → its rows, of what the bundle's events make.
_MASTER_DATA: Final = {
    "courses": "SELECT course_id, min(first_event_at) AS first_seen_at "
    "FROM lake.rollup_student_exercise GROUP BY ALL",
    "students": "SELECT student_id, min(first_event_at) AS first_seen_at "
    "FROM lake.rollup_student_exercise GROUP BY ALL",
    "enrollments": "SELECT course_id, student_id, min(first_event_at) AS enrolled_at "
    "FROM lake.rollup_student_exercise GROUP BY ALL",
}
#: Tables of the master data that are files of the bundle.
_FILES: Final = ("notebooks", "exercises", "sessions")


def open_bundle(folder: str | Path) -> duckdb.DuckDBPyConnection:
    """Read a bundle (`cellpulse export --format bundle`) into a connection as `connect()` gives it.

    It has the same views and, as table macros, every measure, by the bundle's pseudonyms:
    `con.sql("SELECT course_id FROM courses")`. Positions are places in the bundle. What a bundle
    does not hold is empty: `student_states`, and what was registered.

    Args:
        folder: The bundle's folder.

    Raises:
        LakeUnavailableError: It is no folder of a bundle.
    """
    folder = Path(folder)
    connection = empty_lake()
    try:
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        fill_lake(connection, _parquet(folder / "events.parquet"))
        files = {name: f"FROM {_parquet(folder / f'{name}.parquet')}" for name in _FILES}
        for table, rows in (_MASTER_DATA | files).items():
            connection.execute(f"INSERT INTO master.{table} BY NAME {rows}")
    except duckdb.Error as error:
        connection.close()
        raise LakeUnavailableError(
            f"{folder} is not the folder of a bundle: name one that 'cellpulse export --format "
            "bundle' has made, with its Parquet files"
        ) from error
    describe_views(connection)
    create_measure_macros(connection)
    return connection


def _parquet(file: Path) -> str:
    return f"read_parquet({literal(str(file))})"
