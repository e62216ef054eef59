"""Watwin score: each pair's points, the class's times, and which pairs there are."""

import itertools
import re
from collections import defaultdict
from datetime import timedelta
from fractions import Fraction
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings

from tests.analytics.measures.histories import (
    BEGIN,
    Event,
    error_names,
    histories,
    runs_of,
)
from tests.analytics.measures.memory_lake import MemoryLake

_SESSION: Final = timedelta(minutes=30)
Pair = tuple[Event, Event, Fraction]


def pairs_of(events: list[Event], session: timedelta = _SESSION) -> dict[Any, list[Pair]]:
    """Return the pairs of each student and exercise, with the time that each took in seconds."""
    runs = [event for event in events if event["type"] == "cell_run"]
    found: dict[Any, list[Pair]] = {pair: [] for pair in runs_of(events)}
    for place, second in enumerate(runs):
        of_student = [run for run in runs[:place] if run["student_id"] == second["student_id"]]
        of_pair = [run for run in of_student if run["exercise"] == second["exercise"]]
        if not of_pair:
            continue
        first = of_pair[-1]
        time = second["occurred_at"] - of_student[-1]["occurred_at"]
        same_code = first.get("code_sha256") and first["code_sha256"] == second.get("code_sha256")
        if not same_code and time <= session:
            key = (second["student_id"], second["exercise"])
            found[key].append((first, second, Fraction(time / timedelta(milliseconds=1))))
    return found


def points(pair: Pair, times: list[Fraction]) -> int:
    """Return a pair's points, of 35, written from Watson, Li, Godwin 2013.

    Args:
        pair: Two runs, the first of which failed, and the time that it took.
        times: Those of all pairs of the class whose first run failed with the same error name.
    """
    first, second, time = pair
    score = 0
    if second["status"] == "error":
        if _message(first) is not None and _message(first) == _message(second):
            score += 4
        score += 4 if error_names(first) & error_names(second) else 0
        if _line(first) is not None and _line(first) == _line(second):
            score += 2
    mean = sum(times) / len(times)
    variance = sum((one - mean) ** 2 for one in times) / len(times)
    if (time - mean) ** 2 <= variance:
        return score + 15
    return score + (1 if time < mean else 25)


def _message(run: Event) -> str | None:
    message = run.get("error_message")
    return None if message is None else re.sub(r" \([^()]*, line \d+\)$", "", message)


def _line(run: Event) -> int | None:
    found = re.search(r", line (\d+)\)$", run.get("error_message") or "")
    return int(found[1]) if found else None


def reference(own: list[Event], pairs: list[Pair], all_pairs: list[Pair]) -> float | None:
    """Return the Watwin score of some runs and their pairs, in a class with all these pairs."""
    times = defaultdict(list)
    for first, _, time in all_pairs:
        if first["status"] == "error":
            times[first["error_name"]].append(time)
    scores = [
        points(pair, times[pair[0]["error_name"]]) if pair[0]["status"] == "error" else 0
        for pair in pairs
    ]
    if scores:
        return sum(scores) / 35 / len(scores)
    return 0.0 if own and all(run["status"] != "error" for run in own) else None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=histories())
def test_it_is_watson_s_on_any_history(lake: MemoryLake, events: list[Event]) -> None:
    """Each student and exercise has the score of the paper; wider groups average over all pairs."""
    lake.clear()
    lake.write(events)
    sequences, pairs = runs_of(events), pairs_of(events)
    all_pairs = list(itertools.chain.from_iterable(pairs.values()))
    found = lake.values("watwin")
    for key, runs in sequences.items():
        assert found[key] == pytest.approx(reference(runs, pairs[key], all_pairs), abs=1e-9)
    for student, value in lake.values("watwin", "student").items():
        keys = [key for key in sequences if key[0] == student]
        own = list(itertools.chain.from_iterable(sequences[key] for key in keys))
        of_own = list(itertools.chain.from_iterable(pairs[key] for key in keys))
        assert value == pytest.approx(reference(own, of_own, all_pairs), abs=1e-9)
    [value] = lake.values("watwin", "course").values()
    everything = list(itertools.chain.from_iterable(sequences.values()))
    assert value == pytest.approx(reference(everything, all_pairs, all_pairs), abs=1e-9)


def _run(second: float, student: str = "ada", **fields: Any) -> Event:
    """Return a run at that second; it failed if it names an error."""
    return {
        "student_id": student,
        "exercise": "1",
        "status": "error" if "error_name" in fields else "ok",
        "occurred_at": BEGIN + timedelta(seconds=second),
    } | fields


_NAME: Final = {"error_name": "NameError", "error_message": "name 'x' is not defined"}
_SYNTAX: Final = {"error_name": "SyntaxError", "error_message": "invalid syntax (123.py, line 2)"}


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([_run(0)], 0),
        ([_run(0, **_NAME)], None),
        ([_run(0), _run(9, **_NAME)], 0),
        # A time alone is neither short nor long in its class.
        ([_run(0, **_NAME), _run(9)], 15 / 35),
        ([_run(0, **_NAME), _run(9, **_NAME)], (15 + 8) / 35),
        ([_run(0, **_NAME), _run(9, **_SYNTAX)], 15 / 35),
        # Another file, the same line and text.
        (
            [
                _run(0, **_SYNTAX),
                _run(9, **_SYNTAX | {"error_message": "invalid syntax (45.py, line 2)"}),
            ],
            (15 + 10) / 35,
        ),
        # Two sittings are no pair; of a failed and a good run nothing is known then.
        ([_run(0, **_NAME), _run(1801)], None),
        ([_run(0), _run(1801)], 0),
        ([_run(0, **_NAME), _run(1800)], 15 / 35),
        # The same code is no pair either.
        ([_run(0, code_sha256="a" * 64, **_NAME), _run(9, code_sha256="a" * 64)], None),
        ([_run(0, error_name=None), _run(9, error_name=None)], 15 / 35),
    ],
)
def test_its_edges(lake: MemoryLake, runs: list[Event], expected: Any) -> None:
    """Points follow message, name and line; pairs need a change and one sitting."""
    lake.write(runs)
    assert lake.values("watwin") == {("ada", "1"): pytest.approx(expected)}


def test_a_line_that_the_event_names_counts(lake: MemoryLake) -> None:
    """The line in extra.error_line is compared for any error."""
    lake.write(
        [_run(0, extra={"error_line": 3}, **_NAME), _run(9, extra={"error_line": 3}, **_NAME)]
    )
    assert lake.values("watwin") == {("ada", "1"): pytest.approx(25 / 35)}


@pytest.mark.parametrize("error", [_NAME, {"error_name": None}])
def test_a_student_is_compared_with_the_class(lake: MemoryLake, error: dict[str, Any]) -> None:
    """Of the same error the quickest gets 1 point, the slowest 25, the others 15."""
    for number, seconds in enumerate([2, 50, 50, 50, 50, 98]):
        student = f"s{number}"
        lake.write([_run(0, student, **error), _run(seconds, student)])
    found = [row["value"] for row in lake.rows("watwin", "student")]
    assert [value * 35 for value in found] == pytest.approx([1, 15, 15, 15, 15, 25])
    [row] = lake.rows("watwin", "course")
    assert (row["pairs"], row["after_failure"], row["quick"], row["slow"]) == (6, 6, 1, 1)
    assert row["resolve_seconds"] == 300


def test_work_on_another_exercise_is_not_time_to_resolve(lake: MemoryLake) -> None:
    """A pair's time begins at the student's latest run, whichever exercise that was of."""
    lake.write([_run(0, **_NAME), _run(100, exercise="2"), _run(130)])
    rows = lake.rows("watwin", "run", exercise="1")
    assert [row["resolve_seconds"] for row in rows] == [None, 30]


def test_the_session_s_length_is_a_parameter(lake: MemoryLake) -> None:
    """With longer sittings a pair over night counts."""
    lake.write([_run(0, **_NAME), _run(80_000)])
    assert lake.values("watwin", session_minutes=1500) == {("ada", "1"): pytest.approx(15 / 35)}
