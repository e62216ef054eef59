"""The events of a bundle as a lake, with the lake's own rollups."""

from importlib import resources

import duckdb

from flows.stores.rollups import append_batch

#: Column of the lake → how it comes from a bundle's events.
_GIVEN = {
    "position": "event_number || '-0'",
    "position_ns": "event_number * 1000000",
    "schema_version": "1",
    "code_sha256": "code_id",
    "extra": "CASE WHEN error_line IS NOT NULL "
    "THEN json_object('error_line', error_line)::VARCHAR END",
}


def fill_lake(connection: duckdb.DuckDBPyConnection, events: str) -> None:
    """Fill the empty tables of the database `lake` with events and the rollups that these make.

    Args:
        connection: Has a database attached as `lake`.
        events: A table, or a function that reads a file, with the columns of a bundle's events.
    """
    relation = connection.sql(f"FROM {events}")
    known = set(relation.columns)
    columns = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = 'lake' AND table_name = 'events'"
    ).fetchall()
    chosen = ", ".join(
        f"{_GIVEN.get(name, name if name in known else 'NULL')}::{kind} AS {name}"
        for name, kind in columns
    )
    connection.execute(f"CREATE OR REPLACE TEMP VIEW batch AS SELECT {chosen} FROM {events}")  # noqa: S608 - our own
    append_batch(connection)


def create_lake(connection: duckdb.DuckDBPyConnection, place: str = ":memory:") -> None:
    """Attach a new database as `lake`, with the lake's empty tables."""
    connection.execute(f"ATTACH '{place}' AS lake")
    schema = resources.files("flows.stores").joinpath("lake_schema.sql")
    connection.execute(schema.read_text(encoding="utf-8"))
