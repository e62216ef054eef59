"""Error streak: the failed runs at the end, and the longest row of them."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from tests.analytics.measures.histories import BEGIN, Event, histories, runs_of
from tests.analytics.measures.memory_lake import MemoryLake


def reference(runs: list[Event]) -> tuple[int, int]:
    """Return the failed runs in a row at the end, and the most in a row that there were."""
    rows = [
        (failed, len(list(row)))
        for failed, row in itertools.groupby(runs, lambda run: run["status"] == "error")
    ]
    longest = max((length for failed, length in rows if failed), default=0)
    return (rows[-1][1] if rows[-1][0] else 0), longest


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=histories())
def test_it_is_the_definition_on_any_history(lake: MemoryLake, events: list[Event]) -> None:
    """By exercise, by student over all exercises, and for the class the largest of any student."""
    lake.clear()
    lake.write(events)
    expected = {pair: reference(runs) for pair, runs in runs_of(events).items()}
    for row in lake.rows("error_streak"):
        value = expected.get((row["student_id"], row["exercise"]), (None, None))
        assert (row["value"], row["longest"]) == value
    for row in lake.rows("error_streak", "exercise"):
        of_it = [value for (_, one), value in expected.items() if one == row["exercise"]]
        if of_it:
            assert row["value"] == max(current for current, _ in of_it)
            assert row["students"] == sum(current > 0 for current, _ in of_it)
    alike = [event | {"exercise": "any"} for event in events]
    by_student = {student: reference(runs) for (student, _), runs in runs_of(alike).items()}
    for row in lake.rows("error_streak", "student"):
        value = by_student.get(row["student_id"], (None, None))
        assert (row["value"], row["longest"]) == value
    [row] = lake.rows("error_streak", "course")
    assert row["value"] == max((current for current, _ in by_student.values()), default=None)
    assert row["longest"] == max((longest for _, longest in by_student.values()), default=None)


@pytest.mark.parametrize(
    ("outcomes", "value", "longest"),
    [
        (["ok"], 0, 0),
        (["error"], 1, 1),
        (["error", "error", "ok"], 0, 2),
        (["error", "error", "interrupted", "error"], 1, 2),
    ],
)
def test_its_edges(lake: MemoryLake, outcomes: list[str], value: int, longest: int) -> None:
    """A run without error and an interrupted one both end a streak."""
    lake.write(_runs(*outcomes))
    [row] = lake.rows("error_streak")
    assert (row["value"], row["longest"]) == (value, longest)


def test_it_is_known_for_how_long(lake: MemoryLake) -> None:
    """The streak at the end has the time between its first and its latest run."""
    lake.write(_runs("error", "ok", "error", "error", "error"))
    [row] = lake.rows("error_streak", "course")
    assert (row["value"], row["students"], row["streak_seconds"]) == (3, 1, 120)


def test_it_is_as_of_the_end_of_the_asked_time(lake: MemoryLake) -> None:
    """A later run without error does not end the streak that there was then."""
    lake.write(_runs("error", "error", "ok"))
    assert lake.values("error_streak", "student") == {"ada": 0}
    until = BEGIN + timedelta(seconds=90)
    assert lake.values("error_streak", "student", until=until) == {"ada": 2}


def test_by_run_those_of_the_streak_at_the_end_count(lake: MemoryLake) -> None:
    """Each of them adds one, on its exercise."""
    lake.write(_runs("error", "ok", "error", "error"))
    rows = lake.rows("error_streak", "run")
    assert [row["value"] for row in rows] == [0, 0, 1, 1]
    assert [row["longest"] for row in rows] == [1, 0, 1, 2]


def _runs(*outcomes: str) -> list[Event]:
    return [
        {
            "student_id": "ada",
            "exercise": "1",
            "status": outcome,
            "occurred_at": BEGIN + timedelta(minutes=number),
        }
        for number, outcome in enumerate(outcomes)
    ]
