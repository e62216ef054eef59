"""PostgreSQL's writer, on a real server and with a mocked engine."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from unittest.mock import MagicMock

import psycopg
import pytest
from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql

from flows.log.logged_event import LoggedEvent
from flows.migrations.migrate import migrate
from flows.stores.postgres import PostgresWriter, engine_for
from flows.stores.store import NotYetPassedError, PoisonEventError, StoreUnavailableError

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


def everything(url: str) -> list[list[tuple[object, ...]]]:
    """Return all that events leave, without the times of first sight."""
    return [
        rows(url, f"SELECT {columns} FROM {table} ORDER BY 1, 2")
        for table, columns in (
            ("enrollments", "course_id, student_id"),
            ("exercises", "course_id, exercise"),
            ("notebooks", "course_id, notebook"),
            ("sessions", "student_id, session_id, highest_seq, gaps::text, lost_events, notebook"),
            (
                "student_states",
                "student_id, notebook, exercise, last_status, runs, errors, error_streak",
            ),
        )
    ]


def some_events(event: Make) -> list[LoggedEvent]:
    statuses = ["ok", "error", "ok", "error", "error"]
    return [
        event(
            n,
            status=status,
            session_id="k",
            seq=n + 1,
            notebook=f"{n}.ipynb",
            exercise="1.1",
            student_id="s2" if n == 0 else "s1",
        )
        for n, status in enumerate(statuses)
    ]


@pytest.mark.parametrize("late", range(5))
def test_a_skipped_event_that_comes_late_counts_once_and_as_in_its_place(
    engine: Engine, postgres_url: str, event: Make, late: int
) -> None:
    """Whichever event was skipped, after it came late, even twice, all is as if it never was."""
    writer, events = PostgresWriter(engine), some_events(event)
    apply(writer, events)
    expected = everything(postgres_url)
    migrate(engine, "base")
    migrate(engine)
    rest = [e for e in events if e is not events[late]]
    writer.apply(rest, events[-1].position, [events[late].position])
    assert everything(postgres_url) != expected
    for _ in range(2):
        writer.apply_late(events[late], lambda _: events[late + 1 :])
    assert everything(postgres_url) == expected
    assert writer.position() == events[-1].position


def test_an_event_that_was_not_skipped_is_not_counted_again(
    engine: Engine, postgres_url: str, event: Make
) -> None:
    """A late event that the database has changes nothing; one that is ahead of it is refused."""
    writer, events = PostgresWriter(engine), some_events(event)
    apply(writer, events[:3])
    before = everything(postgres_url)
    writer.apply_late(events[1], lambda _: events[2:])
    assert everything(postgres_url) == before
    with pytest.raises(NotYetPassedError):
        writer.apply_late(events[3], lambda _: [])
    apply(writer, events)
    assert rows(postgres_url, "SELECT sum(runs) FROM student_states") == [(5,)]


def test_of_two_skipped_events_each_comes_late_in_its_place(
    engine: Engine, postgres_url: str, event: Make
) -> None:
    """While another event is still left out, it takes no part in what is current."""
    writer = PostgresWriter(engine)
    events = [event(n, status=status) for n, status in enumerate(("error", "error", "ok"))]
    writer.apply([], events[-1].position, [e.position for e in events])
    writer.apply_late(events[0], lambda _: events[1:])
    assert rows(postgres_url, "SELECT runs, error_streak FROM student_states") == [(1, 1)]
    writer.apply_late(events[2], lambda _: [])
    writer.apply_late(events[1], lambda _: events[2:])
    assert rows(postgres_url, "SELECT runs, error_streak, last_status FROM student_states") == [
        (3, 0, "ok")
    ]


def test_a_late_run_in_a_later_batch_does_not_say_where_a_student_is(
    engine: Engine, postgres_url: str, event: Make, start: datetime
) -> None:
    """The time of the last run is kept between batches, so a late run is known as one."""
    writer = PostgresWriter(engine)
    apply(writer, [event(0, exercise="2.1", status="error")])
    apply(writer, [event(1, exercise="1.1", occurred_at=start - timedelta(days=1))])
    assert rows(
        postgres_url,
        "SELECT exercise, last_status, runs, error_streak, last_run_at FROM student_states",
    ) == [("2.1", "error", 2, 1, start)]


def test_a_large_batch_of_many_students_is_one_transaction(
    engine: Engine, postgres_url: str, event: Make
) -> None:
    """As many new students, each with a new session, as a batch can hold are written at once."""
    writer = PostgresWriter(engine)
    number = writer.batch_events
    apply(writer, [event(n, student_id=f"s{n}", session_id="k", seq=1) for n in range(number)])
    assert rows(postgres_url, "SELECT count(*) FROM student_states") == [(number,)]
    assert rows(postgres_url, "SELECT count(*) FROM sessions") == [(number,)]


def test_odd_texts_are_stored_as_they_are(engine: Engine, postgres_url: str, event: Make) -> None:
    """Quotes, SQL, emoji and path tricks are text."""
    odd = "'; DROP TABLE students; -- ../😀\u202e"
    apply(PostgresWriter(engine), [event(0, student_id=odd, notebook="a\x00b", exercise=odd)])
    assert rows(postgres_url, "SELECT student_id, exercise, notebook FROM student_states") == [
        (odd, odd, "a\ufffdb")
    ]


def test_the_longest_keys_are_stored(engine: Engine, event: Make) -> None:
    """Ids and names at their cap, in characters that nothing can compress, fit the keys."""

    def longest(length: int, first: int) -> str:
        return "".join(chr(0x20000 + (first + n * 7_919) % 0xA000) for n in range(length))

    logged = event(
        0,
        course_id="c" * 200,
        student_id=longest(200, 1),
        session_id=longest(200, 2),
        seq=1,
        notebook=longest(500, 3),
        exercise=longest(200, 4),
    )
    apply(PostgresWriter(engine), [logged])
    assert PostgresWriter(engine).position() == logged.position


def test_what_the_server_has_no_room_for_is_poison(engine: Engine, event: Make) -> None:
    """A key that is too long is set aside; it is not taken for a server that is away."""
    logged = event(0)
    too_long = "".join(chr(0x20000 + n * 7_919 % 0xA000) for n in range(2_000))
    beyond = LoggedEvent(logged.position, logged.event.model_copy(update={"notebook": too_long}))
    with pytest.raises(PoisonEventError, match="index row size"):
        apply(PostgresWriter(engine), [beyond])


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
