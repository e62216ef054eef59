"""`cellpulse audit` names each damage to the lake: it must not be blind."""

from collections.abc import Callable

import pytest

from flows.log.logged_event import position_ns
from tests.integration.audit.audited_class import SEQ_5, WHERE, Class, about, place_of_no_event

LAKE_TABLES = ("events", "rollup_student_exercise", "rollup_course_minute", "log_position")


@pytest.mark.parametrize("where", WHERE)
def test_rows_of_the_lake_that_were_never_accepted(klass: Class, where: str) -> None:
    """A copy of an event is a duplicate, another one is foreign, wherever it stands."""
    at = place_of_no_event(klass, where)
    place = f"'{at}' AS position, {position_ns(at)} AS position_ns"
    klass.damage_lake(f"INSERT INTO lake.events SELECT * REPLACE ({place}) {SEQ_5}")
    assert klass.findings() == {("duplicated", "lake", "k1")}
    klass.damage_lake(f"UPDATE lake.events SET event_id = uuid()::VARCHAR WHERE position = '{at}'")
    assert klass.findings() == {("foreign", "lake", "k1")}


@pytest.fixture
def undo(klass: Class) -> Callable[[], None]:
    """Teach the class, and return a function that takes back what was done to the lake."""
    klass.teach()
    [(snapshot,)] = klass.lake.execute("SELECT max(snapshot_id) FROM lake.snapshots()").fetchall()

    def undo() -> None:
        klass.lake.execute("BEGIN")
        for table in LAKE_TABLES:
            klass.lake.execute(
                f"CREATE OR REPLACE TEMP TABLE kept AS FROM lake.{table} AT (VERSION => {snapshot})"
            )
            klass.lake.execute(f"DELETE FROM lake.{table}")
            klass.lake.execute(f"INSERT INTO lake.{table} FROM kept")
        klass.lake.execute("COMMIT")

    return undo


def test_damage_to_the_lake_is_named(klass: Class, undo: Callable[[], None]) -> None:
    """Each single damage to the lake gives its own finding and no other."""
    store = "lake"
    sums = "rollup_student_exercise", "rollup_course_minute"
    damage = {
        f"DELETE {SEQ_5}": ("lost", store, "k1"),
        f"INSERT INTO lake.events {SEQ_5}": ("duplicated", store, "k1"),
        "UPDATE lake.events SET position_ns = position_ns + 1 WHERE seq = 5": (
            "out_of_order",
            store,
            "k1",
        ),
        "UPDATE lake.events SET seq = 3 WHERE seq = 4 AND session_id = 'k1'": (
            "changed",
            store,
            "k1",
        ),
        "UPDATE lake.log_position SET position = '1-0'": ("wrong_state", store, None),
        "UPDATE lake.log_position SET position = '9999999999999-0'": ("wrong_state", store, None),
        "INSERT INTO lake.log_position VALUES ('0-0')": ("wrong_state", store, None),
        "DELETE FROM lake.log_position": ("wrong_state", store, None),
    }
    for table in sums:
        row = f"FROM lake.{table} WHERE course_id = 'other'"
        damage[f"DELETE {row}"] = ("wrong_sum", store, None)
        damage[f"INSERT INTO lake.{table} {row}"] = ("wrong_sum", store, None)
        damage[f"INSERT INTO lake.{table} SELECT * REPLACE ('x' AS course_id) {row}"] = (
            "wrong_sum",
            store,
            None,
        )
    for statement, expected in damage.items():
        klass.damage_lake(statement)
        findings = klass.audit().findings
        assert {about(finding) for finding in findings} == {expected}, statement
        undo()
    assert klass.audit().ok


def test_every_column_of_the_lake_is_compared(klass: Class, undo: Callable[[], None]) -> None:
    """A change to any column of an event or a rollup is found and named."""
    columns = klass.lake.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = 'lake' AND table_name IN ('events', 'rollup_student_exercise', "
        "'rollup_course_minute') AND column_name NOT IN ('position', 'position_ns', 'course_id', "
        "'student_id', 'exercise', 'minute')"
    ).fetchall()
    another = {
        "BIGINT": "coalesce({0}, 0) + 1",
        "DOUBLE": "coalesce({0}, 0) + 1e-6",
        "BOOLEAN": "NOT coalesce({0}, false)",
        "VARCHAR": "coalesce({0}, '') || 'x'",
        "VARCHAR[]": "['x']",
        "JSON": "'{{}}'",
        "TIMESTAMP WITH TIME ZONE": "coalesce({0}, TIMESTAMPTZ '2026-01-01') + to_microseconds(1)",
    }
    for table in {table for table, _, _ in columns}:
        changes = {name: another[kind].format(name) for t, name, kind in columns if t == table}
        assignments = ", ".join(f"{name} = {value}" for name, value in changes.items())
        klass.damage_lake(f"UPDATE lake.{table} SET {assignments} WHERE course_id = 'demo'")
        message = klass.messages()
        assert [name for name in changes if name not in message] == [], message
        undo()
