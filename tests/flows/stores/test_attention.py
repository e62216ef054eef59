"""What instructors set for the attention list, in a real PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from flows.stores.attention import (
    MARK_HOLDS,
    end_snooze,
    position_of,
    set_mark,
    set_thresholds,
    snooze,
    take_mark_back,
)
from flows.stores.postgres import engine_for
from flows.stores.store import StoreUnavailableError

LATER = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = engine_for(postgres_url)
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO courses (course_id, first_seen_at) VALUES ('c', now()), ('d', now())",
            "INSERT INTO students VALUES ('ada', now())",
            "INSERT INTO enrollments VALUES ('c', 'ada', now()), ('d', 'ada', now())",
        ):
            connection.exec_driver_sql(statement)
    yield engine
    engine.dispose()


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_thresholds_of_a_course_are_replaced_as_a_whole(engine: Engine) -> None:
    """What is not given is gone, null is kept, and another course keeps its own."""
    set_thresholds(engine, "d", {"silent_minutes": 9})
    set_thresholds(engine, "c", {"silent_minutes": 4, "failed_runs": None})
    set_thresholds(engine, "c", {"failed_runs": 7, "idle_minutes": None})
    query = (
        "SELECT course_id, threshold, value FROM attention_thresholds "
        "WHERE ended_at IS NULL ORDER BY 1, 2"
    )
    assert rows(engine, query) == [
        ("c", "failed_runs", 7),
        ("c", "idle_minutes", None),
        ("d", "silent_minutes", 9),
    ]
    set_thresholds(engine, "c", {})
    assert rows(engine, query) == [("d", "silent_minutes", 9)]
    [(kept,)] = rows(engine, "SELECT count(*) FROM attention_thresholds WHERE ended_at IS NOT NULL")
    assert kept == 4


def test_the_latest_snooze_of_a_student_counts(engine: Engine) -> None:
    """The one before counts no more, each stays known, and it ends in its own course only."""
    snooze(engine, "c", "ada", until=LATER, by="Grace")
    snooze(engine, "c", "ada", until=LATER + timedelta(1), by=None)
    snooze(engine, "d", "ada", until=LATER, by="Alan")
    query = (
        "SELECT course_id, until, snoozed_by FROM attention_snoozes "
        "WHERE ended_at IS NULL ORDER BY 1, snoozed_at"
    )
    first = ("c", LATER, "Grace")
    latest = ("c", LATER + timedelta(1), None)
    assert rows(engine, query) == [first, latest, ("d", LATER, "Alan")]
    end_snooze(engine, "c", "ada")
    end_snooze(engine, "c", "ada")
    assert rows(engine, query) == [("d", LATER, "Alan")]


def test_marks_are_kept_and_the_latest_can_be_taken_back(engine: Engine) -> None:
    """One after the other, in its own course only; where there is none nothing happens."""
    set_mark(engine, "d", "ada", mark="going", by=None)
    set_mark(engine, "c", "ada", mark="going", by="Grace")
    set_mark(engine, "c", "ada", mark="helped", by=None)
    query = (
        "SELECT course_id, mark, marked_by FROM attention_marks "
        "WHERE taken_back_at IS NULL ORDER BY 1, marked_at"
    )
    going = ("c", "going", "Grace")
    assert rows(engine, query) == [going, ("c", "helped", None), ("d", "going", None)]
    assert take_mark_back(engine, "c", "ada", by=None)
    assert rows(engine, query) == [going, ("d", "going", None)]
    assert take_mark_back(engine, "c", "ada", by=None)
    assert not take_mark_back(engine, "c", "ada", by=None)
    assert rows(engine, query) == [("d", "going", None)]


def test_of_several_marks_ones_own_is_taken_back(engine: Engine) -> None:
    """A colleague's only where one has none, or by its time; never one that holds no longer."""
    stale = set_mark(engine, "c", "ada", mark="helped", by="alan")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE attention_marks SET marked_at = marked_at - interval '15 minutes'"
        )
    own = set_mark(engine, "c", "ada", mark="going", by="alan")
    first, second = (set_mark(engine, "c", "ada", mark="going", by="grace") for _ in "12")
    query = "SELECT marked_at FROM attention_marks WHERE taken_back_at IS NULL ORDER BY 1"
    before = (stale - MARK_HOLDS,)
    assert rows(engine, query) == [before, (own,), (first,), (second,)]
    assert take_mark_back(engine, "c", "ada", by="alan")
    assert rows(engine, query) == [before, (first,), (second,)]
    assert take_mark_back(engine, "c", "ada", by=None, at=first)
    assert not take_mark_back(engine, "c", "ada", by=None, at=first)
    assert rows(engine, query) == [before, (second,)]
    assert take_mark_back(engine, "c", "ada", by="alan")
    assert not take_mark_back(engine, "c", "ada", by="alan")
    assert rows(engine, query) == [before]


def test_an_unknown_course_or_student_is_refused(engine: Engine) -> None:
    """Nothing is written for who is not there."""
    with pytest.raises(StoreUnavailableError):
        snooze(engine, "c", "nobody", until=LATER, by=None)
    with pytest.raises(StoreUnavailableError):
        set_mark(engine, "c", "nobody", mark="going", by=None)
    with pytest.raises(StoreUnavailableError):
        set_thresholds(engine, "none", {"failed_runs": 7})


def test_the_place_in_the_log_is_that_of_postgresql(engine: Engine) -> None:
    """There is none before the first event."""
    assert position_of(engine) is None
