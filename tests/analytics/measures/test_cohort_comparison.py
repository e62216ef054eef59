"""Comparison with another class: Newcombe's interval, and students as the unit."""

from math import sqrt
from statistics import mean, variance
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.analytics.measures.evidence import alike, near, with_positions, works
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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(events=histories().map(with_positions), earlier=histories().map(with_positions))
def test_a_section_is_compared_as_a_class(
    lake: MemoryLake, events: list[Event], earlier: list[Event]
) -> None:
    """Two sections of a course have the numbers of two courses with these students."""
    events = [event | {"student_id": f"{event['student_id']}-a"} for event in events]
    # Whether an exercise has checks is a question to the whole course.
    ran = [[e for e in each if e["type"] != "check_result"] for each in (events, earlier)]
    lake.clear()
    lake.write(ran[0])
    lake.write(event | {"course_id": EARLIER} for event in ran[1])
    apart = {
        by: lake.rows("cohort_comparison", by, against=EARLIER, min_students=1)
        for by in ("course", "student")
    }
    lake.clear()
    lake.write(ran[0] + ran[1])
    lake.put_into("A", *(event["student_id"] for event in ran[0]))
    lake.put_into("B", *(event["student_id"] for event in ran[1]))
    for by, expected in apart.items():
        asked: dict[str, Any] = {"against_section": "B", "min_students": 1}
        together = lake.rows("cohort_comparison", by, section="A", **asked)
        assert together == alike(expected)
        # Without a section it is compared with all others of the course.
        others = lake.rows("cohort_comparison", by, **asked)
        assert [row for row in others if row in alike(together)] == alike(together)


def _in_sections(lake: MemoryLake) -> None:
    """Teach section A, in which 6 of 8 solve it, and section B, in which 2 of 5 do."""
    two = [event | {"student_id": f"t{at}"} for at, event in enumerate(_class("c", 2, 5))]
    lake.write(_class("c", 6, 8) + two)
    lake.put_into("A", *(f"s{number}" for number in range(8)))
    lake.put_into("B", *(f"t{number}" for number in range(5)))


def test_two_sections_are_compared_with_newcombe_s_interval(lake: MemoryLake) -> None:
    """By exercise a section has its share, the other's, and the interval of their difference."""
    _in_sections(lake)
    for asked in ({"section": "A"}, {}):
        [row] = lake.rows("cohort_comparison", "exercise", against_section="B", **asked)
        lower, upper = newcombe(6 / 8, 8, 2 / 5, 5)
        assert (row["value"], row["lower"], row["upper"]) == (near(0.35), near(lower), near(upper))
        assert (row["students"], row["against_students"]) == (8, 5)


def test_a_section_is_compared_with_that_of_another_course(lake: MemoryLake) -> None:
    """Section A of this year against section A of last year; a span is of this year only."""
    _in_sections(lake)
    lake.write(e | {"occurred_at": BEGIN.replace(year=2023)} for e in _class(EARLIER, 7, 9))
    lake.put_into("A", *(f"s{number}" for number in range(6)), course_id=EARLIER)
    asked = {"section": "A", "against": EARLIER, "against_section": "A", "start": BEGIN}
    [row] = lake.rows("cohort_comparison", "exercise", **asked)
    assert (row["value"], row["against_students"]) == (6 / 8 - 1, 6)


def test_a_span_of_time_is_of_both_sections(lake: MemoryLake) -> None:
    """Of a course that is compared within itself the same time counts on both sides."""
    _in_sections(lake)
    after = BEGIN.replace(year=2025)
    [row] = lake.rows("cohort_comparison", "exercise", against_section="B", start=after)
    assert (row["value"], row["against_students"]) == (None, None)


def test_a_section_is_not_compared_with_itself(lake: MemoryLake) -> None:
    """There is no number, rather than no difference."""
    _in_sections(lake)
    for by in ("course", "exercise", "student", "student_exercise"):
        values = lake.values("cohort_comparison", by, section="A", against_section="A")
        assert set(values.values()) == {None}
