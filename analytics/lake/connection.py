"""Opens the lake for reading: `connect()` for notebooks, `open_lake()` for our own processes."""

from datetime import datetime
from importlib import resources
from typing import Final

import duckdb

from analytics.errors import LakeUnavailableError, NewerLakeError
from analytics.lake.remote import copy_from_api
from analytics.lake.snapshot import find_snapshot, name_copy, name_snapshot
from analytics.lake.views import create_views, describe_views
from analytics.measures.macros import create_measure_macros
from analytics.settings import LakeSettings
from flows.stores.lake_attach import attach_lake, plain_error
from flows.stores.lake_bucket import THE_BUCKET
from flows.version_of_data import UnknownDataVersionError
from ingest_api.settings import BadSettingError

_ERROR_PATTERN: Final = (resources.files("flows.stores") / "error_pattern.sql").read_text("utf-8")
_RELATIONS: Final = "\n".join(
    (resources.files("analytics.lake") / name).read_text(encoding="utf-8")
    for name in ("relations.sql", "course_now.sql", "course_past.sql")
)


def connect(
    address: str | None = None,
    lake_path: str | None = None,
    *,
    token: str | None = None,
    as_of: datetime | int | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open the lake for reading, beside the class that goes on writing to it.

    With the address of the databases, every query sees what the class has done until then. With
    that of the aggregation API and a token, what the token may read is copied once, and the class
    goes on elsewhere; connect again for newer events.

    The connection has these views: `events`, `rollup_student_exercise`, `rollup_course_minute`,
    `courses`, `students`, `enrollments`, `sessions`, `student_states`, `notebooks`, `exercises`,
    `registered_notebooks`, `registered_exercises`, `registered_checks`; and each measure as a
    table macro, for example `FROM error_quotient('demo', by := 'exercise')`, with the parameters
    `course`, `by` ('course', 'exercise', 'student', 'student_exercise' or 'run'), `since`, `until`,
    `section` and the measure's own. `duckdb_views()`, `duckdb_columns()` and `duckdb_functions()`
    describe them. `FROM read_from` names the snapshot that is read. Times are in UTC.

    Args:
        address: Of PostgreSQL (`postgresql://…`), or of the aggregation API (`http://…:8001`);
            default `CELLPULSE_POSTGRES_URL`, else that of the `cellpulse up` that runs on this
            machine.
        lake_path: Folder of the lake's files, or `s3://bucket/prefix`, beside that of PostgreSQL;
            default `CELLPULSE_LAKE_PATH`, else `lake` in the data folder. A bucket's key comes from
            the environment (`CELLPULSE_LAKE_KEY_ID`, `CELLPULSE_LAKE_SECRET`).
        token: A read token (`cellpulse token --scope read`), for the aggregation API.
        as_of: Read the lake as it was: the number of a snapshot, or a time, which means the latest
            snapshot made by then. The same number gives the same events, rollups and measures
            again for as long as the snapshot is kept (`CELLPULSE_SNAPSHOT_DAYS`). Master data are
            always those of now.

    Raises:
        LakeUnavailableError: There is no lake at that address, it does not answer, or it has no
            such snapshot.
    """
    if address is not None and address.startswith(("http://", "https://")):
        if token is None:
            raise LakeUnavailableError(
                "the aggregation API wants a token: connect(address, token=…), which "
                "'cellpulse token --scope read --course COURSE' prints"
            )
        connection, read = copy_from_api(address, token, as_of)
        prepare(connection)
        name_copy(connection, read)
    else:
        connection = _attached(_settings_of(address, lake_path), as_of)
    describe_views(connection)
    create_measure_macros(connection)
    return connection


def _attached(settings: LakeSettings, as_of: datetime | int | None) -> duckdb.DuckDBPyConnection:
    connection = open_lake(settings)
    try:
        snapshot = None if as_of is None else find_snapshot(connection, as_of)
        if snapshot is not None:
            create_views(connection, snapshot)
        name_snapshot(connection, snapshot)
    except duckdb.Error as error:
        connection.close()
        raise unavailable(settings, error) from plain_error(error, settings.postgres_url)
    except LakeUnavailableError:
        connection.close()
        raise
    return connection


def open_lake(settings: LakeSettings) -> duckdb.DuckDBPyConnection:
    """Open the lake as `lake` and the master data as `master`, both read-only, in UTC.

    The connection has the views and the relations that measures and queries read.

    Raises:
        LakeUnavailableError: There is no lake at that address, or it does not answer.
    """
    try:
        connection = attach_lake(settings.postgres_url, settings.lake_path, read_only=True)
        # For cursors too: they don't take over what is set for this connection alone.
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        prepare(connection)
    except duckdb.Error as error:
        raise unavailable(settings, error) from plain_error(error, settings.postgres_url)
    except UnknownDataVersionError as error:
        raise NewerLakeError(str(error)) from error
    return connection


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the views and relations of a connection that has `lake` and `master` attached.

    Raises:
        duckdb.Error: A table is not there, or its database does not answer.
    """
    create_views(connection)
    connection.execute(_ERROR_PATTERN)
    connection.execute(_RELATIONS)


def _settings_of(postgres_url: str | None, lake_path: str | None) -> LakeSettings:
    given = {"postgres_url": postgres_url, "lake_path": lake_path}
    try:
        return LakeSettings.load(
            **{name: value for name, value in given.items() if value is not None}
        )
    except BadSettingError as error:
        raise LakeUnavailableError(
            f"{error}. Run 'cellpulse up' on this machine, set the variable to where the lake's "
            "PostgreSQL is, or give connect() the address."
        ) from error


def unavailable(settings: LakeSettings, error: duckdb.Error) -> LakeUnavailableError:
    """Return our own error for one of DuckDB's: what is the matter and what to do."""
    text = str(plain_error(error, settings.postgres_url))
    if text.startswith(THE_BUCKET):
        return LakeUnavailableError(text)
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
