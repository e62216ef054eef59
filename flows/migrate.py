"""Brings PostgreSQL's tables and the lake to this version."""

from alembic import command
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from flows.settings import LakeSettings
from flows.stores.lake import LakeWriter
from flows.stores.postgres import engine_for
from flows.stores.store import StoreUnavailableError
from flows.stores.versions import migrations


def prepare_databases(settings: LakeSettings) -> None:
    """Migrate the master data's tables, and make the lake where there is none.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer, or refuses.
        UnknownDataVersionError: The tables or the lake are of a newer version.
    """
    engine = engine_for(settings.postgres_url)
    try:
        migrate(engine)
    except SQLAlchemyError as error:
        raise StoreUnavailableError(f"PostgreSQL can't be migrated: {error}") from error
    finally:
        engine.dispose()
    lake = LakeWriter(settings.postgres_url, settings.lake_path)
    lake.position()
    lake.close()


def migrate(engine: Engine, revision: str = "head") -> None:
    """Migrate the master data's tables to `revision`: `head` is this version, `base` is none.

    Two processes that do so at once take turns.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: PostgreSQL does not answer, or refuses.
    """
    config = migrations()
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7235420)")
        config.attributes["connection"] = connection
        if revision == "base":
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)
