"""Migrations on a real PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    Column,
    DateTime,
    Engine,
    Float,
    Integer,
    MetaData,
    String,
    func,
    inspect,
    select,
)
from sqlalchemy.dialects.postgresql import AbstractMultiRange

from flows.migrations.migrate import migrate
from flows.migrations.plan import migrations
from flows.models import Base
from flows.stores.postgres import engine_for
from flows.stores.versions import known_revisions
from tests.cellpulse import cellpulse


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_a_migrations_file_has_the_name_of_its_version() -> None:
    """By the names alone every process knows which versions there are."""
    steps = ScriptDirectory.from_config(migrations()).walk_revisions()
    assert {step.revision for step in steps} == known_revisions()


def test_migration_up_down_and_up_again(empty_postgres_url: str) -> None:
    """The tables come, go, and come again."""
    engine = engine_for(empty_postgres_url)
    migrate(engine)
    expected = {
        "accounts",
        "admin_actions",
        "courses",
        "pseudonymous_courses",
        "students",
        "enrollments",
        "notebooks",
        "exercises",
        "sessions",
        "student_states",
        "store_position",
        "skipped_events",
        "registered_courses",
        "course_registrations",
        "registered_notebooks",
        "registered_exercises",
        "registered_checks",
        "registered_cells",
        "attention_thresholds",
        "attention_snoozes",
        "attention_marks",
        "deletion_requests",
        "erased_sessions",
        "erased_students",
        "class_marks",
        "planned_exercises",
        "course_notices",
        "notices_seen",
        "student_notes",
        "student_views",
        "issued_tokens",
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


def test_students_of_the_first_version_get_the_time_of_their_last_run(
    empty_postgres_url: str,
) -> None:
    """The second migration fills the new column, and leaves it empty where there was no run."""
    engine = engine_for(empty_postgres_url)
    migrate(engine, "0001")
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO courses VALUES ('c', NULL, now())",
            "INSERT INTO students VALUES ('ran', now()), ('came', now())",
            "INSERT INTO enrollments VALUES ('c', 'ran', now()), ('c', 'came', now())",
            (
                "INSERT INTO student_states (course_id, student_id, last_seen_at, runs, errors, "
                "error_streak) VALUES ('c', 'ran', now(), 2, 1, 1), ('c', 'came', now(), 0, 0, 0)"
            ),
        ):
            connection.exec_driver_sql(statement)
    migrate(engine)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT student_id, last_run_at = last_seen_at FROM student_states ORDER BY 1"
        ).fetchall()
    engine.dispose()
    assert [tuple(row) for row in rows] == [("came", None), ("ran", True)]


@pytest.fixture
def migrating(empty_postgres_url: str, lake_path: str) -> dict[str, str]:
    return {"CELLPULSE_POSTGRES_URL": empty_postgres_url, "CELLPULSE_LAKE_PATH": lake_path}


def test_a_plan_says_each_step_and_changes_nothing(
    empty_postgres_url: str, migrating: dict[str, str]
) -> None:
    """On no tables it has every migration; afterwards none; backwards it has what gets lost."""
    engine = engine_for(empty_postgres_url)
    forward = cellpulse(migrating, "migrate", "--plan")
    assert forward.returncode == 0, forward.stderr
    first, *steps = forward.stdout.splitlines()
    assert first == "the tables have version none"
    assert [line.split()[0] for line in steps] == sorted(known_revisions())
    assert tables(engine) == set()

    migrate(engine)
    newest = max(known_revisions())
    done = cellpulse(migrating, "migrate", "--plan")
    assert done.stdout.splitlines() == [f"the tables have version {newest}", "nothing to do"]
    back = cellpulse(migrating, "migrate", "--plan", "--back-to", "0018").stdout
    assert "      takes away: DROP TABLE student_views" in back
    assert "      takes away: ALTER TABLE courses DROP COLUMN retention_days" in back
    assert "DROP TABLE erased_students" not in back
    assert "student_views" in tables(engine)
    engine.dispose()


def test_the_way_back_undoes_the_later_steps_alone(
    empty_postgres_url: str, migrating: dict[str, str]
) -> None:
    """What was there before stays, and the way forward is open again."""
    engine = engine_for(empty_postgres_url)
    migrate(engine)
    expected = tables(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO courses VALUES ('c', NULL, now())")
    back = cellpulse(migrating, "migrate", "--back-to", "0018")
    assert back.returncode == 0, back.stderr
    assert "student_views" not in tables(engine)
    again = cellpulse(migrating, "migrate")
    assert again.returncode == 0, again.stderr
    assert tables(engine) == expected
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT course_id FROM courses").scalar() == "c"
    engine.dispose()


@pytest.mark.parametrize("before", ["nothing", "older"])
def test_what_is_no_way_back_is_refused_in_one_line(
    empty_postgres_url: str, migrating: dict[str, str], before: str
) -> None:
    """No such version, or one that is not behind the tables: nothing is changed."""
    engine = engine_for(empty_postgres_url)
    if before == "older":
        migrate(engine, "0018")
    there = tables(engine)
    for wanted in ("0999", "head", "0020"):
        done = cellpulse(migrating, "migrate", "--back-to", wanted)
        assert done.returncode == 1, wanted
        [line] = done.stderr.splitlines()
        assert "'cellpulse migrate'" in line or "this Cellpulse knows '0001'" in line
        assert tables(engine) == there, wanted
    engine.dispose()


def test_there_is_no_way_back_from_a_pseudonymous_course(
    empty_postgres_url: str, migrating: dict[str, str]
) -> None:
    """An older version would keep its students under their own ids."""
    engine = engine_for(empty_postgres_url)
    migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO courses VALUES ('c', NULL, now())")
        connection.exec_driver_sql("INSERT INTO pseudonymous_courses VALUES ('c', 'k', now())")
    done = cellpulse(migrating, "migrate", "--back-to", "0020")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "there are pseudonymous courses" in line
    assert "pseudonymous_courses" in tables(engine)
    engine.dispose()


def test_a_writer_that_is_in_the_way_lets_the_migration_begin_again(
    empty_postgres_url: str, wait_until: Callable[..., None]
) -> None:
    """PostgreSQL ends the migration, as each of the two waits for a table that the other has."""
    engine = engine_for(empty_postgres_url)
    migrate(engine, "0002")
    name = empty_postgres_url.rpartition("/")[2]
    with psycopg.connect(empty_postgres_url, autocommit=True) as admin:
        admin.execute(
            sql.SQL("ALTER DATABASE {} SET deadlock_timeout = '5s'").format(sql.Identifier(name))
        )
        engine.dispose()
        with psycopg.connect(empty_postgres_url) as writer, ThreadPoolExecutor(1) as beside:
            writer.execute("SET deadlock_timeout = '1h'")
            writer.execute("INSERT INTO courses (course_id, first_seen_at) VALUES ('c', now())")
            migrating = beside.submit(migrate, engine)
            waiting = "SELECT 1 FROM pg_locks WHERE relation = 'courses'::regclass AND NOT granted"
            wait_until(lambda: admin.execute(waiting).fetchone(), "the migration in its way")
            writer.execute("SELECT 1 FROM student_states")
            writer.commit()
            migrating.result()
        [(deadlocks,)] = admin.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = %s", [name]
        )
    assert deadlocks == 1
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT course_id FROM courses").scalar() == "c"
        newest = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    assert newest == max(known_revisions())
    engine.dispose()


def fill(engine: Engine) -> None:
    """Put a row into each table that has none, of what it asks for alone."""
    known = MetaData()
    known.reflect(engine)
    with engine.begin() as connection:
        for table in known.sorted_tables:
            if connection.execute(select(func.count()).select_from(table)).scalar():
                continue
            wanted = [
                column
                for column in table.columns
                if not column.nullable and column.server_default is None
            ]
            connection.execute(table.insert().values({each.name: _any(each) for each in wanted}))


def _any(column: Column[Any]) -> object:
    kinds: dict[type[Any], object] = {ARRAY: [], AbstractMultiRange: [], JSON: {}, Boolean: False}
    kinds |= {DateTime: datetime(2026, 3, 2, tzinfo=UTC), Float: 1.0, Integer: 1, String: "any"}
    [value] = [value for kind, value in kinds.items() if isinstance(column.type, kind)] or [None]
    return value


def counts(engine: Engine) -> dict[str, int]:
    """Return how many rows each table has."""
    with engine.connect() as connection:
        return {
            name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()
            for name in tables(engine)
        }


def test_every_step_takes_every_tables_rows_along_forward_and_back(empty_postgres_url: str) -> None:
    """From the first version to the newest and back, with rows in whatever tables there are."""
    engine = engine_for(empty_postgres_url)
    versions = sorted(known_revisions())
    for version in versions:
        before = counts(engine)
        migrate(engine, version)
        after = counts(engine)
        lost = {name for name, rows in before.items() if rows and not after.get(name)}
        assert not lost, version
        fill(engine)
    assert all(counts(engine).values())
    with engine.begin() as connection:  # of which there is no way back
        connection.exec_driver_sql("DELETE FROM pseudonymous_courses")
    for version in versions[-2::-1]:
        migrate(engine, version)
        assert {name for name, rows in counts(engine).items() if not rows} <= {
            "pseudonymous_courses"
        }, version
    engine.dispose()
