"""Time to solve: Kaplan and Meier's curve, and its median."""

from collections.abc import Iterable
from fractions import Fraction
from math import exp, log, sqrt
from typing import Any

import pytest

from tests.analytics.measures.evidence import Work, microseconds, near, on_any_history, works
from tests.analytics.measures.histories import BEGIN, Event
from tests.analytics.measures.memory_lake import MemoryLake

Z = 1.959963984540054
HALF = 0.5 + 1e-9


def curve(durations: Iterable[tuple[int, bool]]) -> list[dict[str, Any]]:
    """Return the product-limit estimate, in exact fractions, at each time of a solution."""
    every = sorted(durations)
    unsolved, greenwood, steps = Fraction(1), Fraction(0), []
    for time in sorted({time for time, solved in every if solved}):
        at_risk = sum(other >= time for other, _ in every)
        solved = sum(other == time and by for other, by in every)
        unsolved *= 1 - Fraction(solved, at_risk)
        step = {"seconds": time / 1e6, "at_risk": at_risk, "solved": solved, "unsolved": unsolved}
        step |= {"lower": None, "upper": None}
        if unsolved:
            greenwood += Fraction(solved, at_risk * (at_risk - solved))
            s = float(unsolved)
            theta = Z * sqrt(greenwood) / log(s)
            step |= {"lower": s ** exp(-theta), "upper": s ** exp(theta)}
        steps.append(step)
    return steps


def first(steps: list[dict[str, Any]], name: str, below: float) -> float | None:
    """Return the first time at which a column is so low."""
    return next((s["seconds"] for s in steps if s[name] is not None and s[name] <= below), None)


def duration(work: Work) -> tuple[int, bool]:
    """Return the microseconds to the solution, or to where the student was last seen."""
    last = work.solution or work.events[-1]
    return microseconds(work.events[0], last), work.solution is not None


@on_any_history(most_events=60)
def test_it_is_kaplan_and_meier_s(lake: MemoryLake, events: list[Event]) -> None:
    """Median, quartiles, interval and curve are those of the textbook, of any group."""
    lake.clear()
    lake.write(events)
    done = works(events)
    for by in ("course", "exercise", "student", "student_exercise"):
        for row in lake.rows("time_to_solve", by):
            who, what = row.get("student_id", ...), row.get("exercise", ...)
            found = [
                duration(work)
                for (student, exercise), work in done.items()
                if who in (student, ...) and what in (exercise, ...)
            ]
            steps = curve(found)
            assert row["value"] == near(first(steps, "unsolved", 0.5))
            assert row["first_quarter"] == near(first(steps, "unsolved", 0.75))
            assert row["third_quarter"] == near(first(steps, "unsolved", 0.25))
            assert row["lower"] == near(first(steps, "lower", HALF))
            assert row["upper"] == near(first(steps, "upper", HALF))
            assert (row["pairs"] or 0) == len(found)
            if by == "exercise" and found:
                for step, expected in zip(row["curve"] or [], steps, strict=True):
                    for name, value in expected.items():
                        assert step[name] == near(None if value is None else float(value))


def _class(*durations: tuple[float, bool]) -> list[Event]:
    events: list[Event] = []
    for number, (seconds, solves) in enumerate(durations):
        one = {"student_id": f"s{number:02}", "exercise": "1"}
        later = BEGIN.replace(minute=int(seconds // 60), second=int(seconds % 60))
        events += [
            one | {"status": "error", "occurred_at": BEGIN},
            one | {"status": "ok" if solves else "error", "occurred_at": later},
        ]
    return events


def test_those_who_gave_up_are_not_forgotten(lake: MemoryLake) -> None:
    """The curve of a textbook: 6 and 7 weeks solved, others censored, as seconds here."""
    # The treated group of Freireich's leukaemia data, in many textbooks.
    times = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    gone = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    lake.write(_class(*[(time, True) for time in times], *[(time, False) for time in gone]))
    [row] = lake.rows("time_to_solve", "exercise")
    assert row["value"] == 23
    assert (row["pairs"], row["solved"]) == (21, 9)
    unsolved = [round(step["unsolved"], 4) for step in row["curve"]]
    assert unsolved == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert (row["lower"], row["upper"]) == (13, None)


def test_a_curve_that_stays_above_a_half_has_no_median(lake: MemoryLake) -> None:
    """Where fewer than half solved it, or nobody did, the median is not known."""
    lake.write(_class((10, True), (20, False), (30, False)))
    [row] = lake.rows("time_to_solve", "exercise")
    assert (row["value"], row["solved"], len(row["curve"])) == (None, 1, 1)
    lake.clear()
    lake.write(_class((10, False)))
    [row] = lake.rows("time_to_solve", "exercise")
    assert (row["value"], row["solved"], row["curve"]) == (None, 0, None)


def test_a_solution_at_once_takes_no_time(lake: MemoryLake) -> None:
    """Who solves it with the first run has a time of 0, by run too."""
    lake.write([{"student_id": "ada", "exercise": "1", "status": "ok", "occurred_at": BEGIN}])
    assert lake.values("time_to_solve") == {("ada", "1"): 0}
    assert lake.values("time_to_solve", "run") == {"1-0": 0}


@pytest.mark.parametrize("by", ["course", "student"])
def test_only_an_exercise_has_the_curve(lake: MemoryLake, by: Any) -> None:
    """A course's curve would have thousands of steps."""
    lake.write(_class((10, True)))
    assert [row["curve"] for row in lake.rows("time_to_solve", by)] == [None]
