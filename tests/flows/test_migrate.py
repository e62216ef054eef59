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
        "accounts",
        "admin_actions",
        "courses",
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
