"""How any process opens the lake: DuckDB as engine, PostgreSQL as catalog, Parquet files."""

from pathlib import Path
from typing import Final

import duckdb

from flows.stores.lake_bucket import bucket_error
from flows.stores.lake_engine import is_bucket, open_engine
from flows.stores.postgres_address import with_timeouts, without_password
from flows.stores.sql_text import literal
from flows.stores.versions import require_known_lake, require_known_tables

#: The schema of the catalog's tables within the PostgreSQL database.
CATALOG_SCHEMA: Final = "lake"
#: Commits of so many rows stay in the catalog until maintenance flushes them to Parquet. They go
#: there as text, row by row: 2,000 events took 5.7 s of processor time so, and 0.3 s as a file.
INLINED_ROWS: Final = 200
#: A host that vanished without a word is noticed within half a minute, not within hours.
_NOTICE_A_DEAD_HOST: Final = (
    "keepalives_idle=10&keepalives_interval=5&keepalives_count=3&tcp_user_timeout=20000"
)


def attach_lake(postgres_url: str, lake_path: str, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB connection with the lake as `lake` and the master data as `master`.

    Nothing is downloaded: the extensions come from pinned wheels.

    Raises:
        duckdb.Error: The catalog or the bucket does not answer, or there is no lake yet. No
            password is in it.
        BadSettingError: The files are in a bucket, and its settings are not there.
        UnknownDataVersionError: The lake, or the master data, is of a newer version.
    """
    try:
        return _attach(postgres_url, lake_path, read_only=read_only)
    except duckdb.Error as error:
        raise plain_error(error, postgres_url) from None


def plain_error(error: duckdb.Error, postgres_url: str) -> duckdb.Error:
    """Return DuckDB's error without the address, which holds a password, and a bucket's as ours."""
    of_bucket = bucket_error(error)
    text = str(error) if of_bucket is None else str(of_bucket)
    return type(error)(without_password(text, postgres_url))


def _attach(postgres_url: str, lake_path: str, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    postgres_url = with_timeouts(postgres_url)
    if not read_only and not is_bucket(lake_path):
        Path(lake_path).mkdir(parents=True, exist_ok=True)
    connection = open_engine(lake_path)
    connection.execute("SET TimeZone = 'UTC'")
    address = postgres_url + ("&" if "?" in postgres_url else "?") + _NOTICE_A_DEAD_HOST
    access = "READ_ONLY" if read_only else f"DATA_INLINING_ROW_LIMIT {INLINED_ROWS}"
    connection.execute(
        f"ATTACH {literal('ducklake:postgres:' + address)} AS lake "
        f"(DATA_PATH {literal(lake_path)}, METADATA_SCHEMA '{CATALOG_SCHEMA}', {access})"
    )
    connection.execute(
        f"ATTACH {literal(address)} AS master (TYPE postgres, SCHEMA 'public', READ_ONLY)"
    )
    try:
        _refuse_newer_versions(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_newer_versions(connection: duckdb.DuckDBPyConnection) -> None:
    tables = connection.execute(
        "SELECT database_name || '.' || table_name FROM duckdb_tables() "
        "WHERE table_name IN ('schema_version', 'alembic_version')"
    ).fetchall()
    for table, column, check in (
        ("lake.schema_version", "version", require_known_lake),
        ("master.alembic_version", "version_num", require_known_tables),
    ):
        if (table,) in tables:
            for (version,) in connection.execute(f"SELECT {column} FROM {table}").fetchall():  # noqa: S608 - fixed names
                check(version)
