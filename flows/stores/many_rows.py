"""Statements for many rows: each column goes to PostgreSQL as one array.

So a statement is the same for any number of rows, and is compiled once. With a parameter for each
value, compiling took most of the time of a batch.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    bindparam,
    delete,
    func,
    inspect,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.sql.elements import KeyedColumnElement

from flows.models import Base


@cache
def insert_new(model: type[Base], names: tuple[str, ...]) -> Insert:
    """Return the statement that inserts those rows whose key is not there.

    Args:
        model: Of the table.
        names: The columns that the rows have.
    """
    return insert_rows(model, names).on_conflict_do_nothing()


@cache
def upsert(model: type[Base], names: tuple[str, ...]) -> Insert:
    """Return the statement that inserts rows, and replaces the values of those that are there."""
    statement = insert_rows(model, names)
    key = [column.name for column in inspect(model).primary_key]
    values = {name: statement.excluded[name] for name in names if name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=values)


def arrays(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return the parameters of a statement of this module: a list for each column of the rows."""
    return {_parameter(name): [row[name] for row in rows] for name in rows[0]}


def rows_with_keys(
    connection: Connection, model: type[Base], keys: Iterable[Sequence[Any]]
) -> Iterable[Any]:
    """Return the rows that have one of these primary keys."""
    listed = _named(model, keys)
    query = select(model.__table__).where(_has_key(model))
    return connection.execute(query, arrays(listed)) if listed else ()


def take_rows_with_keys(
    connection: Connection, model: type[Base], keys: Iterable[Sequence[Any]]
) -> Iterable[Any]:
    """Delete the rows that have one of these primary keys, and return them."""
    listed = _named(model, keys)
    taken = delete(model).where(_has_key(model)).returning(model.__table__)
    return connection.execute(taken, arrays(listed)) if listed else ()


def _named(model: type[Base], keys: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    names = [column.name for column in inspect(model).primary_key]
    return [dict(zip(names, key, strict=True)) for key in keys]


@cache
def _has_key(model: type[Base]) -> ColumnElement[bool]:
    key = [model.__table__.c[column.name] for column in inspect(model).primary_key]
    return tuple_(*key).in_(_unnested(key))


def insert_rows(model: type[Base], names: tuple[str, ...]) -> Insert:
    """Return the statement that inserts rows; what becomes of those that are there, is added."""
    table: FromClause = model.__table__
    columns = [table.c[name] for name in names]
    return insert(model).from_select(names, _unnested(columns))


def _unnested(columns: Iterable[KeyedColumnElement[Any]]) -> Select[Any]:
    """Select rows out of arrays: PostgreSQL takes the first of each, then the second, and so on."""
    return select(
        *(
            func.unnest(bindparam(_parameter(column.name), type_=ARRAY(column.type)))
            for column in columns
        )
    )


def _parameter(column: str) -> str:
    return f"{column}_array"
