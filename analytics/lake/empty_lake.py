"""Makes a lake in memory, for what needs no servers: evaluations and many small tests."""

from datetime import datetime
from importlib import resources
from typing import Final

import duckdb
from sqlalchemy.types import TypeEngine

from analytics.lake.connection import prepare
from flows.models import Base

_TYPES: Final = {
    str: "VARCHAR",
    int: "BIGINT",
    float: "DOUBLE",
    bool: "BOOLEAN",
    datetime: "TIMESTAMPTZ",
}


def empty_lake() -> duckdb.DuckDBPyConnection:
    """Return a connection as `open_lake()` returns it, to an empty lake and no master data."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("ATTACH ':memory:' AS lake; ATTACH ':memory:' AS master")
    schema = resources.files("flows.stores").joinpath("lake_schema.sql")
    connection.execute(schema.read_text(encoding="utf-8"))
    for table in Base.metadata.sorted_tables:
        columns = ", ".join(f'"{column.name}" {_type(column.type)}' for column in table.columns)
        connection.execute(f"CREATE TABLE master.{table.name} ({columns})")
    prepare(connection)
    return connection


def _type(of_column: TypeEngine[object]) -> str:
    try:
        return _TYPES.get(of_column.python_type, "VARCHAR")
    except NotImplementedError:  # PostgreSQL's own, such as ranges
        return "VARCHAR"
