"""Migrations on a real PostgreSQL."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

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
