"""Brings PostgreSQL's tables and the lake to this version."""

import itertools
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

from alembic import command
from psycopg.errors import DeadlockDetected
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from flows.migrations.plan import (
    NoSuchVersionError,
    Step,
    migrations,
    steps_between,
    version_of_tables,
)
from flows.settings import LakeSettings
from flows.stores.lake import LakeWriter
from flows.stores.lake_bucket import try_bucket
from flows.stores.postgres import engine_for
from flows.stores.store import StoreUnavailableError

#: The version of the tables from which on the lake has its second one.
_LAKE_2: Final = "0024"
_ATTEMPTS: Final = 5


def prepare_databases(settings: LakeSettings) -> None:
    """Migrate the master data's tables, and make the lake where there is none.

    Raises:
        StoreUnavailableError: PostgreSQL or the lake's bucket does not answer, or refuses.
        UnknownDataVersionError: The tables or the lake are of a newer version.
    """
    with _engine_of(settings) as engine:
        migrate(engine)
    try_bucket(settings.lake_path)
    lake = LakeWriter(settings.postgres_url, settings.lake_path)
    lake.position()
    lake.close()


def plan_of(settings: LakeSettings, wanted: str) -> tuple[str | None, list[Step]]:
    """Return the version that the tables have, and the steps from there to `wanted`.

    Raises:
        NoSuchVersionError: There is no such version.
        StoreUnavailableError: PostgreSQL does not answer, or refuses.
        UnknownDataVersionError: The tables are of a newer version.
    """
    with _engine_of(settings) as engine, engine.connect() as connection:
        there = version_of_tables(connection)
    return there, steps_between(there, wanted)


def go_back(settings: LakeSettings, wanted: str) -> list[Step]:
    """Take tables and lake back to an earlier version, and return the steps that were undone.

    Raises:
        NoSuchVersionError: There is no such version, or it is not an earlier one.
        StoreUnavailableError: PostgreSQL does not answer, or refuses.
        UnknownDataVersionError: The tables are of a newer version.
    """
    there, steps = plan_of(settings, wanted)
    if there is None or wanted > there:
        raise NoSuchVersionError(
            f"the tables have version {there or 'none'}, and {wanted} is no way back: say "
            "'cellpulse migrate' for this version"
        )
    if wanted < _LAKE_2 <= there:
        with closing(LakeWriter(settings.postgres_url, settings.lake_path)) as lake:
            lake.go_back(1)
    with _engine_of(settings) as engine:
        migrate(engine, wanted)
    return steps


@contextmanager
def _engine_of(settings: LakeSettings) -> Iterator[Engine]:
    engine = engine_for(settings.postgres_url)
    try:
        yield engine
    except SQLAlchemyError as error:
        raise StoreUnavailableError(f"PostgreSQL can't be migrated: {error}") from error
    finally:
        engine.dispose()


def migrate(engine: Engine, revision: str = "head") -> None:
    """Migrate the master data's tables to `revision`: `head` is this version, `base` is none.

    Two processes that do so at once take turns. One that writes meanwhile, as a worker that was
    started too early, can hold a table and wait for another that this holds: PostgreSQL ends one of
    the two, and where it is this one, nothing was changed and it begins again.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: PostgreSQL does not answer, or refuses.
    """
    for attempt in itertools.count(1):
        try:
            _migrate(engine, revision)
        except DBAPIError as error:
            if not isinstance(error.orig, DeadlockDetected) or attempt == _ATTEMPTS:
                raise
        else:
            return


def _migrate(engine: Engine, revision: str) -> None:
    config = migrations()
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7235420)")
        config.attributes["connection"] = connection
        there = version_of_tables(connection)
        if revision == "base" or (there is not None and revision < there):
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)
