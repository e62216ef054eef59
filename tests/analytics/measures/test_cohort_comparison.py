"""Comparison with another class: Newcombe's interval, and students as the unit."""

from math import sqrt
from statistics import mean, variance
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.analytics.measures.evidence import near, with_positions, works
from tests.analytics.measures.histories import BEGIN, Event, histories
from tests.analytics.measures.memory_lake import MemoryLake
from tests.analytics.measures.test_difficulty import Z, wilson

EARLIER = "c-last-year"


def solved_of(events: list[Event]) -> dict[tuple[str, str], int]:
    """Return 1 or 0 for each attempted pair."""
    return {p: int(w.solution is not None) for p, w in works(events).items() if w.attempts}


def newcombe(p1: float, n1: int, p2: float, n2: int) -> tuple[float, float]:
    """Return the hybrid score interval of p1 - p2, Newcombe's method 10."""
    (l1, u1), (l2, u2) = wilson(p1, n1), wilson(p2, n2)
    difference = p1 - p2
    return (
        difference - sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2),
        difference + sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2),
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(events=histories().map(with_positions), earlier=histories().map(with_positions))
def test_it_compares_what_both_classes_attempted(
    lake: MemoryLake, events: list[Event], earlier: list[Event]
) -> None:
    """Exercises, the class and each student are compared over the exercises of both."""
    lake.clear()
    lake.write(events)
    lake.write(event | {"course_id": EARLIER} for event in earlier)
    here, there = solved_of(events), solved_of(earlier)
    both = {exercise for _, exercise in here} & {exercise for _, exercise in there}
    asked: dict[str, Any] = {"against": EARLIER, "min_students": 1}
    for row in lake.rows("cohort_comparison", "exercise", **asked):
        one = [value for (_, which), value in here.items() if which == row["exercise"]]
        two = [value for (_, which), value in there.items() if which == row["exercise"]]
        if not one or not two:
            assert row["value"] is None
            continue
        assert row["value"] == near(mean(one) - mean(two))
        ends = newcombe(mean(one), len(one), mean(two), len(two))
        assert (row["lower"], row["upper"]) == (near(ends[0]), near(ends[1]))

    def shares(solved: dict[tuple[str, str], int]) -> dict[str, float]:
        own: dict[str, list[int]] = {}
        for (student, exercise), value in solved.items():
            if exercise in both:
                own.setdefault(student, []).append(value)
        return {student: mean(values) for student, values in own.items()}

    mine, theirs = shares(here), shares(there)
    [row] = lake.rows("cohort_comparison", "course", **asked)
    if min(len(mine), len(theirs)) < 2:
        assert row["value"] is None
    else:
        difference = mean(mine.values()) - mean(theirs.values())
        assert row["value"] == near(difference)
        error = variance(mine.values()) / len(mine) + variance(theirs.values()) / len(theirs)
        assert row["lower"] == near(max(-1, difference - Z * sqrt(error)))
        assert row["upper"] == near(min(1, difference + Z * sqrt(error)))
    for student, value in lake.values("cohort_comparison", "student", **asked).items():
        expected = mine[student] - mean(theirs.values()) if student in mine and theirs else None
        assert value == near(expected)


def _class(course: str, solved: int, of: int) -> list[Event]:
    return [
        {
            "course_id": course,
            "student_id": f"s{number}",
            "exercise": "1",
            "status": "ok" if number < solved else "error",
            "occurred_at": BEGIN,
        }
        for number in range(of)
    ]


def test_its_interval_is_newcombe_s(lake: MemoryLake) -> None:
    """The example of the paper, 56 of 70 against 48 of 80, has the paper's interval."""
    lake.write(_class("c", 56, 70) + _class(EARLIER, 48, 80))
    [row] = lake.rows("cohort_comparison", "exercise", against=EARLIER)
    assert row["value"] == pytest.approx(0.2)
    assert (row["lower"], row["upper"]) == (
        pytest.approx(0.0524, abs=5e-5),
        pytest.approx(0.3339, abs=5e-5),
    )


def test_too_few_students_on_either_side_are_null(lake: MemoryLake) -> None:
    """Four students of the other class are too few, and so is no other class."""
    lake.write(_class("c", 5, 9) + _class(EARLIER, 2, 4))
    for by in ("course", "exercise", "student", "student_exercise"):
        for asked in ({"against": EARLIER}, {"against": ""}, {}):
            values = lake.values("cohort_comparison", by, **asked)
            assert set(values.values()) == {None}, (by, asked)


def test_a_span_of_time_is_of_this_class_only(lake: MemoryLake) -> None:
    """The earlier run of the course counts whole, whenever it was."""
    earlier = [e | {"occurred_at": BEGIN.replace(year=2023)} for e in _class(EARLIER, 3, 6)]
    lake.write(_class("c", 6, 6) + earlier)
    [row] = lake.rows("cohort_comparison", "exercise", against=EARLIER, start=BEGIN)
    assert (row["value"], row["against_students"]) == (0.5, 6)
