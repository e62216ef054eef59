"""PostgreSQL in a backup: the master data and the lake's catalog, all of one snapshot.

Rows are copied as text by PostgreSQL's own COPY, so that neither pg_dump nor the same version of
the server is needed. The master data's tables are made by our migrations, the catalog's from
their columns, as DuckLake has nothing else in them.
"""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from psycopg import Connection, sql

from flows.backup.manifest import BackupError, TableCopy
from flows.migrations.migrate import migrate
from flows.models import Base, StorePosition
from flows.stores.lake_attach import CATALOG_SCHEMA
from flows.stores.lake_locks import sole_writer
from flows.stores.postgres import engine_for
from flows.stores.store import StoreUnavailableError

_CHUNK: Final = 1 << 16
#: These name files that are about to be deleted; they are no part of a backup.
_LEFT_OUT: Final = "ducklake_files_scheduled_for_deletion"


@contextmanager
def snapshot(postgres_url: str) -> Iterator[Connection]:
    """Open a transaction that sees one moment, with no commit of the lake half in it.

    No table that it sees can go while it lasts.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    try:
        with psycopg.connect(postgres_url) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            with sole_writer(postgres_url):
                for schema, name in _tables(connection):
                    table = sql.Identifier(schema, name)
                    connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(table))
            yield connection
    except psycopg.Error as error:
        raise StoreUnavailableError(f"PostgreSQL: {error}") from error


def copy_tables(connection: Connection, folder: Path) -> list[TableCopy]:
    """Copy every table of ours, in an order that suits their foreign keys."""
    copies = []
    for schema, name in _tables(connection):
        copy = _described(connection, schema, name)
        path = folder / copy.file
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            gzip.open(path, "wb", compresslevel=5) as file,
            connection.cursor().copy(_copy_statement(copy, "TO STDOUT")) as rows,
        ):
            for data in rows:
                file.write(data)
        copies.append(copy)
    return copies


def positions_of(connection: Connection) -> dict[str, str]:
    """Return the master data's place in the log, of the same moment, by the store's name."""
    query = sql.SQL("SELECT store, position FROM {}").format(
        sql.Identifier("public", StorePosition.__tablename__)
    )
    return {str(store): str(position) for store, position in connection.execute(query)}


def revision_of(connection: Connection) -> str:
    """Return the version of the master data's tables."""
    [revision] = connection.execute(
        "SELECT version_num FROM public.alembic_version"
    ).fetchone() or [""]
    return str(revision)


def require_empty_database(postgres_url: str) -> None:
    """Refuse a database that holds anything of a platform.

    Raises:
        BackupError: It does.
        StoreUnavailableError: PostgreSQL does not answer.
    """
    try:
        with psycopg.connect(postgres_url) as connection:
            for schema, name in _tables(connection):
                if schema == "public" and _has_rows(connection, schema, name):
                    raise BackupError(
                        f"PostgreSQL is not empty: {name} has rows; restore into a new data "
                        "folder, or name an empty database with CELLPULSE_POSTGRES_URL"
                    )
    except psycopg.Error as error:
        raise StoreUnavailableError(f"PostgreSQL: {error}") from error


def restore_tables(
    postgres_url: str, folder: Path, tables: list[TableCopy], revision: str, lake_path: str
) -> None:
    """Make every table anew and fill it, then bring the master data's to this version.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer or refuses.
    """
    engine = engine_for(postgres_url)
    migrate(engine, "base")
    migrate(engine, revision)
    try:
        with psycopg.connect(postgres_url) as connection, sole_writer(postgres_url):
            schema = sql.Identifier(CATALOG_SCHEMA)
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema))
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
            for table in tables:
                if table.table_schema == CATALOG_SCHEMA:
                    connection.execute(_definition(table))
                if table.name != _LEFT_OUT:
                    _fill(connection, table, folder / table.file)
            connection.execute(
                sql.SQL("UPDATE {} SET value = %s WHERE key = 'data_path'").format(
                    sql.Identifier(CATALOG_SCHEMA, "ducklake_metadata")
                ),
                [lake_path.rstrip("/") + "/"],
            )
    except psycopg.Error as error:
        raise StoreUnavailableError(f"PostgreSQL: {error}") from error
    migrate(engine)
    engine.dispose()


def _tables(connection: Connection) -> list[tuple[str, str]]:
    master = [table.name for table in Base.metadata.sorted_tables]
    query = (
        "SELECT n.nspname, c.relname "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind = 'r' "
        "AND (n.nspname = %s OR n.nspname = 'public' AND c.relname = ANY(%s)) "
        "ORDER BY n.nspname, array_position(%s, c.relname::text), c.relname"
    )
    return connection.execute(query, [CATALOG_SCHEMA, master, master]).fetchall()


def _described(connection: Connection, schema: str, name: str) -> TableCopy:
    table = sql.Identifier(schema, name)
    columns = connection.execute(
        "SELECT attname, format_type(atttypid, atttypmod) || "
        "CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END FROM pg_attribute "
        "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        [table.as_string(connection)],
    ).fetchall()
    keys = connection.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid = %s::regclass AND contype IN ('p', 'u')",
        [table.as_string(connection)],
    ).fetchall()
    [rows] = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(table)).fetchone() or [0]
    return TableCopy(
        table_schema=schema,
        name=name,
        columns=columns,
        keys=[definition for (definition,) in keys],
        rows=rows,
    )


def _definition(table: TableCopy) -> sql.Composed:
    # The types and keys are PostgreSQL's own words, kept in a manifest that was checked.
    columns = [
        sql.SQL("{} ").format(sql.Identifier(name)) + sql.SQL(kind) for name, kind in table.columns
    ]
    keys = [sql.SQL(key) for key in table.keys]
    place = sql.Identifier(table.table_schema, table.name)
    return sql.SQL("CREATE TABLE {} ({})").format(place, sql.SQL(", ").join([*columns, *keys]))


def _copy_statement(table: TableCopy, direction: str) -> sql.Composed:
    names = sql.SQL(", ").join(sql.Identifier(name) for name, _ in table.columns)
    place = sql.Identifier(table.table_schema, table.name)
    statement = sql.SQL("COPY {} ({}) ").format(place, names)
    return statement + sql.SQL(direction)


def _fill(connection: Connection, table: TableCopy, path: Path) -> None:
    with (
        gzip.open(path, "rb") as file,
        connection.cursor().copy(_copy_statement(table, "FROM STDIN")) as rows,
    ):
        while data := file.read(_CHUNK):
            rows.write(data)


def _has_rows(connection: Connection, schema: str, name: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(schema, name))
    return connection.execute(query).fetchone() is not None
