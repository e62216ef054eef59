"""Idle: who is in the midst of an exercise, and since when nothing was run."""

import statistics
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings

from tests.analytics.measures.histories import BEGIN, Event, histories
from tests.analytics.measures.memory_lake import MemoryLake

_NOW: Final = datetime(2034, 1, 1, tzinfo=UTC)


def reference(events: list[Event]) -> dict[str, tuple[str, float]]:
    """Return each idle student's exercise and seconds since the latest run, at `_NOW`."""
    checked = {event["exercise"] for event in events if event["type"] == "check_result"}
    found = {}
    for student in {event["student_id"] for event in events}:
        own = [event for event in events if event["student_id"] == student]
        runs = [event for event in own if event["type"] == "cell_run"]
        current = [run["exercise"] for run in runs if run["exercise"]][-1:]
        if current and not _is_solved(own, current[0], is_checked=current[0] in checked):
            found[student] = (current[0], (_NOW - runs[-1]["occurred_at"]).total_seconds())
    return found


def _is_solved(own: list[Event], exercise: str, *, is_checked: bool) -> bool:
    of_it = [event for event in own if event["exercise"] == exercise]
    if is_checked:
        return any(event["type"] == "check_result" and event["passed"] for event in of_it)
    return any(event["type"] == "cell_run" and event["status"] == "ok" for event in of_it)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=histories())
def test_it_is_the_definition_on_any_history(lake: MemoryLake, events: list[Event]) -> None:
    """Of each student, of the exercise that the student is at, and the median of the class."""
    lake.clear()
    lake.write(events)
    expected = reference(events)
    for student, value in lake.values("idle", "student", now=_NOW).items():
        assert value == pytest.approx(expected[student][1] if student in expected else None)
    for (student, exercise), value in lake.values("idle", now=_NOW).items():
        current, seconds = expected.get(student, (None, None))
        assert value == pytest.approx(seconds if exercise and exercise == current else None)
    [value] = lake.values("idle", "course", now=_NOW).values()
    waits = [seconds for _, seconds in expected.values()]
    assert value == pytest.approx(statistics.median(waits) if waits else None)


def _event(minute: float, **fields: Any) -> Event:
    return {
        "student_id": "ada",
        "exercise": "1",
        "occurred_at": BEGIN + timedelta(minutes=minute),
    } | fields


_PASSED: Final = {"type": "check_result", "check_name": "c", "passed": True}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([_event(0, status="error")], 600),
        ([_event(0, status="interrupted")], 600),
        ([_event(0, status="ok")], None),
        ([_event(0, status="ok"), _event(1, **_PASSED | {"passed": False})], 600),
        ([_event(0, status="error"), _event(1, **_PASSED)], None),
        # A scratch cell is activity, and leaves the student at the exercise.
        ([_event(0, status="error"), _event(4, status="ok", exercise=None)], 360),
        ([_event(0, status="error", exercise=None)], None),
        ([_event(0, status="error"), _event(4, type="heartbeat")], 600),
        ([_event(0, **_PASSED | {"passed": False})], None),
        # The student has moved on, and solved what came after.
        ([_event(0, status="error"), _event(1, status="ok", exercise="2")], None),
        # A clock that is ahead does not make a negative time.
        ([_event(11, status="error")], 0),
    ],
)
def test_its_edges(lake: MemoryLake, events: list[Event], expected: float | None) -> None:
    """Ten minutes after the begin: who solved the latest exercise or ran none is not idle."""
    lake.write(events)
    now = BEGIN + timedelta(minutes=10)
    assert lake.values("idle", "student", now=now) == {"ada": expected}


def test_heartbeats_tell_that_a_student_is_there(lake: MemoryLake) -> None:
    """The time since any event is a number of its own."""
    lake.write([_event(0, status="error"), _event(9, type="heartbeat")])
    [row] = lake.rows("idle", "student", now=BEGIN + timedelta(minutes=10))
    assert (row["value"], row["event_seconds"]) == (600, 60)


def test_a_solution_before_the_span_counts(lake: MemoryLake) -> None:
    """Who solved it before the asked time is not in the midst of it, whatever is run since."""
    lake.write([_event(0, status="ok"), _event(5, status="error")])
    start = BEGIN + timedelta(minutes=3)
    assert lake.values("idle", "student", start=start) == {"ada": None}


def test_by_run_it_is_the_latest_run_of_who_is_idle(lake: MemoryLake) -> None:
    """The run since when nothing happened has the number, the others none."""
    lake.write([_event(0, status="error"), _event(1, status="error")])
    assert lake.values("idle", "run", now=BEGIN + timedelta(minutes=10)) == {"2-0": 540}
