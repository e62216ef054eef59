"""Opens the lake for reading: `connect()` for notebooks, `open_lake()` for our own processes."""

from typing import Final

import duckdb

from analytics.settings import LakeSettings
from analytics.views import create_views
from flows.stores.lake_attach import attach_lake, plain_error
from flows.version_of_data import UnknownDataVersionError
from ingest_api.settings import BadSettingError

# Sorts names as people do: 1.2 before 1.10. Runs of digits are compared as numbers.
_NATURAL_ORDER: Final = """
CREATE OR REPLACE MACRO natural_order(name) AS list_transform(
    regexp_extract_all(name, '[0-9]+|[^0-9]+'),
    lambda part: if(part[1] BETWEEN '0' AND '9', lpad(part, 500, '0'), part)
)
"""


class LakeUnavailableError(Exception):
    """The lake can't be read now; the message says what to do."""


class NewerLakeError(LakeUnavailableError):
    """The lake, or the master data, was made by a newer Cellpulse."""


def connect(
    postgres_url: str | None = None, lake_path: str | None = None
) -> duckdb.DuckDBPyConnection:
    """Open the lake for reading, beside the class that goes on writing to it.

    The connection has these views, described in `duckdb_views()` and `duckdb_columns()`:
    `events`, `rollup_student_exercise`, `rollup_course_minute`, `courses`, `students`,
    `enrollments`, `sessions`, `student_states`, `notebooks`, `exercises`,
    `registered_notebooks`, `registered_exercises`, `registered_checks`. The lake itself is
    `lake`, with every snapshot of it: `FROM lake.events AT (VERSION => 42)`. Times are in UTC.

    Args:
        postgres_url: Address of PostgreSQL; default `CELLPULSE_POSTGRES_URL`, else that of the
            `cellpulse up` that runs on this machine.
        lake_path: Folder or address of the lake's files; default `CELLPULSE_LAKE_PATH`, else
            `lake` in the data folder.

    Raises:
        LakeUnavailableError: There is no lake at that address, or it does not answer.
    """
    given = {"postgres_url": postgres_url, "lake_path": lake_path}
    try:
        settings = LakeSettings.load(
            **{name: value for name, value in given.items() if value is not None}
        )
    except BadSettingError as error:
        raise LakeUnavailableError(
            f"{error}. Run 'cellpulse up' on this machine, set the variable to where the lake's "
            "PostgreSQL is, or give connect() the address."
        ) from error
    connection = open_lake(settings)
    try:
        create_views(connection)
    except duckdb.Error as error:
        connection.close()
        raise unavailable(settings, error) from plain_error(error, settings.postgres_url)
    return connection


def open_lake(settings: LakeSettings) -> duckdb.DuckDBPyConnection:
    """Open the lake as `lake` and the master data as `master`, both read-only, in UTC.

    Measures also use the macro `natural_order(name)` of this connection.

    Raises:
        LakeUnavailableError: There is no lake at that address, or it does not answer.
    """
    try:
        connection = attach_lake(settings.postgres_url, settings.lake_path, read_only=True)
        # For cursors too: they don't take over what is set for this connection alone.
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        connection.execute(_NATURAL_ORDER)
    except duckdb.Error as error:
        raise unavailable(settings, error) from plain_error(error, settings.postgres_url)
    except UnknownDataVersionError as error:
        raise NewerLakeError(str(error)) from error
    return connection


def unavailable(settings: LakeSettings, error: duckdb.Error) -> LakeUnavailableError:
    """Return our own error for one of DuckDB's: what is the matter and what to do."""
    text = str(error)
    if "DATA_PATH" in text:
        return LakeUnavailableError(
            f"the lake's files are not at {settings.lake_path}: set CELLPULSE_LAKE_PATH to the "
            "path that the lake was made with"
        )
    if "does not exist" in text:
        return LakeUnavailableError(
            "there is no lake in this database yet: start Cellpulse ('cellpulse up'), which makes "
            "it, or correct CELLPULSE_POSTGRES_URL"
        )
    return LakeUnavailableError(
        "the lake or its PostgreSQL does not answer: check that it runs and that "
        "CELLPULSE_POSTGRES_URL is its address"
    )
