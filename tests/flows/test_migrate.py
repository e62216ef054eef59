"""Migrations on a real PostgreSQL."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from flows.migrate import migrate
from flows.models import Base
from flows.stores.postgres import engine_for


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_migration_up_down_and_up_again(empty_postgres_url: str) -> None:
    """The tables come, go, and come again."""
    engine = engine_for(empty_postgres_url)
    migrate(engine)
    expected = {
        "courses",
        "students",
        "enrollments",
        "notebooks",
        "exercises",
        "sessions",
        "student_states",
        "store_position",
        "skipped_events",
    }
    assert tables(engine) == expected
    migrate(engine, "base")
    assert tables(engine) == set()
    migrate(engine)
    migrate(engine)
    assert tables(engine) == expected
    engine.dispose()


def test_migrations_make_what_the_models_describe(empty_postgres_url: str) -> None:
    """After the migrations nothing is left to change for the models."""
    engine = engine_for(empty_postgres_url)
    migrate(engine)
    with engine.connect() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()
    assert difference == []
