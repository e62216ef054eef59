"""Queries: the fixed answers of the API, each in one SQL file under `queries/`."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import duckdb

from analytics.queries.header import parse_header
from analytics.queries.sql_files import SqlFiles

_FILES: Final = SqlFiles("queries", "query")
#: By these a query about a course finds its macros in course_now.sql or in course_past.sql.
_OF_NOW: Final = "SET search_path = 'course_now,main'"
_OF_THE_PAST: Final = "SET search_path = 'course_past,main'"
_Rows = list[dict[str, Any]]
#: What was asked within `asking_once`, and found.
_found: ContextVar[dict[tuple[object, ...], _Rows] | None] = ContextVar("found", default=None)


@dataclass(frozen=True)
class Query:
    """One query: what its file's header says, and its SQL.

    Attributes:
        name: The file's name.
        meaning: What it tells, in words that an instructor understands.
        formula: How it is computed.
        unit: Of its numbers.
        parameters: Meaning of each parameter that the SQL names.
        columns: Meaning of each column of the result, in their order.
        reads: Tables that it reads.
        limits: What it can't tell.
        sql: The whole file; parameters stand in it as `$name`.
    """

    name: str
    meaning: str
    formula: str
    unit: str
    parameters: dict[str, str]
    columns: dict[str, str]
    reads: tuple[str, ...]
    limits: str
    sql: str

    def rows(self, lake: duckdb.DuckDBPyConnection, **values: Any) -> _Rows:
        """Run the query and return its rows, each by column name.

        Args:
            lake: As `open_lake()` returns it.
            values: Of the parameters; those that the SQL does not name are left out.

        Raises:
            duckdb.Error: A parameter is missing, or the lake does not answer.
        """
        named = {name: values[name] for name in self.named_parameters if name in values}
        found = _found.get()
        if found is None:
            return self._ask(lake, named)
        question = (self.name, *sorted((name, repr(value)) for name, value in named.items()))
        if question not in found:
            found[question] = self._ask(lake, named)
        return [dict(row) for row in found[question]]

    def tuples(self, lake: duckdb.DuckDBPyConnection, **values: Any) -> Iterator[tuple[Any, ...]]:
        """Run the query and return its rows, columns in their order: for thousands of rows."""
        table = self._execute(lake, values).to_arrow_table()
        return zip(*(column.to_pylist() for column in table.columns), strict=True)

    def _ask(self, lake: duckdb.DuckDBPyConnection, named: dict[str, Any]) -> _Rows:
        return rows_by_name(self._execute(lake, named))

    def _execute(
        self, lake: duckdb.DuckDBPyConnection, named: dict[str, Any]
    ) -> duckdb.DuckDBPyConnection:
        if "as_of" in named:
            lake.execute(_OF_NOW if named["as_of"] is None else _OF_THE_PAST)
        return lake.execute(self.sql, named)

    def row(self, lake: duckdb.DuckDBPyConnection, **values: Any) -> dict[str, Any]:
        """Run a query that has exactly one row and return that; see `rows`."""
        (row,) = self.rows(lake, **values)
        return row

    @property
    def named_parameters(self) -> frozenset[str]:
        """Names of the parameters in the SQL itself."""
        return named_parameters(self.sql)


@contextmanager
def asking_once() -> Iterator[None]:
    """Run each query that is asked for again with the same values once: for one transaction."""
    token = _found.set({})
    try:
        yield
    finally:
        _found.reset(token)


def rows_by_name(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return the rows of a result, each by column name."""
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


@cache
def named_parameters(sql: str) -> frozenset[str]:
    """Return the names of the parameters in a statement."""
    (statement,) = duckdb.extract_statements(sql)
    return frozenset(statement.named_parameters)


def query_names() -> list[str]:
    """Return the names of all queries."""
    return _FILES.names()


@cache
def load_query(name: str) -> Query:
    """Read a query's file; it is read once.

    Raises:
        BadHeaderError: There is no such query, or its header is incomplete.
    """
    return parse_query(_FILES.read(name))


def parse_query(sql: str) -> Query:
    """Read a query from the text of its file.

    Raises:
        BadHeaderError: The header is incomplete.
    """
    header = parse_header(sql)
    return Query(
        **{name: header.text(name) for name in ("name", "meaning", "formula", "unit", "limits")},
        parameters=header.items_of("parameters"),
        columns=header.items_of("columns"),
        reads=tuple(header.text("reads").split(", ")),
        sql=sql,
    )
