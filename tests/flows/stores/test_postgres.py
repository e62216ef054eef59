"""PostgreSQL's writer, on a real server and with a mocked engine."""

from collections.abc import Callable, Iterator
from datetime import datetime
from unittest.mock import MagicMock

import psycopg
import pytest
from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql

from flows.logged_event import LoggedEvent
from flows.stores.postgres import PostgresWriter, engine_for
from flows.stores.store import StoreUnavailableError

Make = Callable[..., LoggedEvent]


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    """Return an engine of a fresh database."""
    engine = engine_for(postgres_url)
    yield engine
    engine.dispose()


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def apply(writer: PostgresWriter, events: list[LoggedEvent]) -> None:
    writer.apply(events, events[-1].position)


def test_events_become_master_data_and_state(
    engine: Engine, postgres_url: str, event: Make, start: datetime
) -> None:
    """Courses, students, enrollments, notebooks, exercises, sessions and states are kept."""
    apply(
        PostgresWriter(engine),
        [
            event(0, notebook="a.ipynb", exercise="1.1", session_id="k", seq=1),
            event(1, notebook="b.ipynb", exercise="1.1", status="error", session_id="k", seq=4),
            event(2, student_id="s2", type="session_ended", status=None, session_id="m", seq=1),
        ],
    )
    assert rows(postgres_url, "SELECT course_id FROM courses") == [("demo",)]
    assert rows(postgres_url, "SELECT * FROM students ORDER BY 1")[0] == ("s1", start)
    assert len(rows(postgres_url, "SELECT * FROM enrollments")) == 2
    assert len(rows(postgres_url, "SELECT * FROM notebooks")) == 2
    assert rows(postgres_url, "SELECT exercise, notebook FROM exercises") == [("1.1", "b.ipynb")]
    assert rows(
        postgres_url,
        "SELECT student_id, highest_seq, gaps::text, lost_events, ended_at IS NULL "
        "FROM sessions ORDER BY 1",
    ) == [("s1", 4, "{[2,4)}", 2, True), ("s2", 1, "{}", 0, False)]
    assert rows(
        postgres_url,
        "SELECT student_id, notebook, last_status, runs, errors, error_streak "
        "FROM student_states ORDER BY 1",
    ) == [("s1", "b.ipynb", "error", 2, 1, 1), ("s2", None, None, 0, 0, 0)]


def test_a_batch_that_comes_again_changes_nothing(
    engine: Engine, postgres_url: str, event: Make
) -> None:
    """The same batch twice, and one that overlaps it, count each event once."""
    writer = PostgresWriter(engine)
    events = [event(n, status="error", session_id="k", seq=n + 1) for n in range(5)]
    apply(writer, events[:3])
    apply(writer, events[:3])
    apply(writer, events)
    assert rows(postgres_url, "SELECT runs, error_streak FROM student_states") == [(5, 5)]
    assert writer.position() == events[-1].position


def test_a_batch_that_does_not_follow_on_is_refused(
    engine: Engine, postgres_url: str, event: Make
) -> None:
    """Where the database was restored to an earlier time, no batch leaves a hole behind it."""
    writer = PostgresWriter(engine)
    apply(writer, [event(0)])
    with pytest.raises(StoreUnavailableError, match="set back"):
        writer.apply([event(2)], event(2).position, after=event(1).position)
    writer.apply([event(1)], event(1).position, after=event(0).position)
    assert rows(postgres_url, "SELECT runs FROM student_states") == [(2,)]


def test_a_late_event_closes_its_gap_in_a_later_batch(
    engine: Engine, postgres_url: str, event: Make
) -> None:
    """Gaps are kept between batches, and a late arrival closes its own."""
    writer = PostgresWriter(engine)
    apply(writer, [event(0, session_id="k", seq=1), event(1, session_id="k", seq=5)])
    assert writer.lost_events() == 3
    apply(writer, [event(2, session_id="k", seq=3)])
    assert rows(postgres_url, "SELECT gaps::text FROM sessions") == [("{[2,3),[4,5)}",)]
    assert writer.lost_events() == 2


def test_a_large_batch_of_many_students_is_one_transaction(
    engine: Engine, postgres_url: str, event: Make
) -> None:
    """More rows than a statement takes are written all the same."""
    events = [event(n, student_id=f"s{n}", session_id="k", seq=1) for n in range(2_500)]
    apply(PostgresWriter(engine), events)
    assert rows(postgres_url, "SELECT count(*) FROM student_states") == [(2_500,)]


def test_odd_texts_are_stored_as_they_are(engine: Engine, postgres_url: str, event: Make) -> None:
    """Quotes, SQL, emoji and path tricks are text."""
    odd = "'; DROP TABLE students; -- ../😀\u202e"
    apply(PostgresWriter(engine), [event(0, student_id=odd, notebook="a\x00b", exercise=odd)])
    assert rows(postgres_url, "SELECT student_id, exercise, notebook FROM student_states") == [
        (odd, odd, "a\ufffdb")
    ]


def test_a_server_that_is_away_is_named(event: Make) -> None:
    """An unreachable server raises our error, with the cause kept."""
    writer = PostgresWriter(engine_for("postgresql://nobody@127.0.0.1:1/none"))
    with pytest.raises(StoreUnavailableError, match="PostgreSQL") as raised:
        apply(writer, [event(0)])
    assert raised.value.__cause__ is not None


def test_one_event_gives_the_right_upserts(event: Make) -> None:
    """With a mocked engine: one run is written to each table that it concerns, in key order."""
    engine = MagicMock()
    connection = engine.begin.return_value.__enter__.return_value
    connection.execute.return_value.scalar_one.return_value = "0-0"
    logged = event(0, notebook="a.ipynb", exercise="1.1", session_id="k", seq=1)
    PostgresWriter(engine).apply([logged], logged.position)
    statements = [
        str(call.args[0].compile(dialect=postgresql.dialect()))
        for call in connection.execute.call_args_list
    ]
    written = [s.split()[2] for s in statements if s.startswith("INSERT")]
    assert written == [
        "store_position",
        "courses",
        "students",
        "enrollments",
        "notebooks",
        "exercises",
        "student_states",
        "sessions",
        "store_position",
    ]
    assert all("ON CONFLICT" in s for s in statements if s.startswith("INSERT"))
