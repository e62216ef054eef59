"""Pace: the percentile rank in the class."""

import pytest

from tests.analytics.measures.evidence import (
    classmates,
    near,
    on_any_history,
    place,
    works,
)
from tests.analytics.measures.histories import BEGIN, Event
from tests.analytics.measures.memory_lake import MemoryLake


def reference(own: float, others: list[float]) -> float | None:
    """Return the share of the others that are lower, ties half."""
    lower = sum(other < own for other in others) + sum(other == own for other in others) / 2
    return lower / len(others) if others else None


@on_any_history()
def test_it_is_the_share_of_classmates_behind(lake: MemoryLake, events: list[Event]) -> None:
    """By student the number of exercises solved is compared, by exercise the moment."""
    lake.clear()
    lake.write(events)
    done, students = works(events), classmates(events)
    solved = {
        s: sum(w.solution is not None for p, w in done.items() if p[0] == s) for s in students
    }
    tried = {s: sum(bool(w.attempts) for p, w in done.items() if p[0] == s) for s in students}
    for row in lake.rows("pace", "student", min_classmates=1):
        student = row["student_id"]
        if student not in students:
            assert row["value"] is None
            continue
        others = [each for each in students if each != student]
        assert row["value"] == near(reference(solved[student], [solved[s] for s in others]))
        assert row["attempted_percentile"] == near(
            reference(tried[student], [tried[s] for s in others])
        )

    def earliness(student: str, exercise: str) -> float:
        work = done.get((student, exercise))
        if work is None or work.solution is None:
            return float("-inf")
        return -work.solution["occurred_at"].timestamp()

    ranks = {
        (student, exercise): reference(
            earliness(student, exercise),
            [earliness(other, exercise) for other in students if other != student],
        )
        for student, exercise in done
    }
    for pair, value in lake.values("pace", min_classmates=1).items():
        assert value == near(ranks.get(pair))
    assert lake.values("pace", "run", min_classmates=1) == {
        place(work.solution): near(ranks[pair]) for pair, work in done.items() if work.solution
    }
    assert lake.values("pace", "course") == {None: None}


@pytest.mark.parametrize(("students", "expected"), [(5, None), (6, 0.9)])
def test_a_small_class_has_no_pace(lake: MemoryLake, students: int, expected: float | None) -> None:
    """With fewer than 5 classmates there is no number."""
    lake.write(
        {
            "student_id": f"s{number}",
            "exercise": "1",
            "status": "ok" if number < 2 else "error",
            "occurred_at": BEGIN,
        }
        for number in range(students)
    )
    assert lake.values("pace", "student")["s0"] == expected
