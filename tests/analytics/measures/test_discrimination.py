"""Discrimination: the item-rest correlation."""

from fractions import Fraction
from math import atanh, sqrt, tanh

import pytest

from tests.analytics.measures.evidence import near, on_any_history, works
from tests.analytics.measures.histories import BEGIN, Event
from tests.analytics.measures.memory_lake import MemoryLake


def reference(events: list[Event], exercise: str) -> float | None:
    """Return Pearson's correlation of solved with the number of others solved."""
    done = works(events)
    solved = {pair for pair, work in done.items() if work.solution}
    pairs = [
        (
            int((student, which) in solved),
            sum(whose == student and other != exercise for whose, other in solved),
        )
        for (student, which), work in done.items()
        if which == exercise and work.attempts
    ]
    n = len(pairs)
    if n < 3:
        return None
    mean_x, mean_y = (Fraction(sum(values), n) for values in zip(*pairs, strict=True))
    xy = sum((x - mean_x) * (y - mean_y) for x, y in pairs)
    xx = sum((x - mean_x) ** 2 for x, _ in pairs)
    yy = sum((y - mean_y) ** 2 for _, y in pairs)
    return float(xy) / sqrt(float(xx * yy)) if xx * yy else None


@on_any_history(most_events=60)
def test_it_is_the_item_rest_correlation(lake: MemoryLake, events: list[Event]) -> None:
    """Each exercise has its correlation, the class their mean, a student none."""
    lake.clear()
    lake.write(events)
    values = lake.values("discrimination", "exercise", min_students=3)
    for exercise, value in values.items():
        assert value == near(reference(events, exercise) if exercise else None)
    known = [value for value in values.values() if value is not None]
    expected = sum(known) / len(known) if known else None
    assert lake.values("discrimination", "course", min_students=3) == {None: near(expected)}
    for by in ("student", "student_exercise", "run"):
        assert not any(value is not None for value in lake.values("discrimination", by).values())


def _answers(*students: str) -> list[Event]:
    return [
        {
            "student_id": f"s{number}",
            "exercise": str(exercise),
            "status": "ok" if answer == "1" else "error",
            "occurred_at": BEGIN,
        }
        for number, answers in enumerate(students)
        for exercise, answer in enumerate(answers)
    ]


def test_its_interval_is_fisher_s(lake: MemoryLake) -> None:
    """Ten students are enough; the interval is that of Fisher's z."""
    lake.write(_answers(*["111", "110", "101", "100", "011", "010", "001", "000", "000", "111"]))
    row = lake.rows("discrimination", "exercise")[0]
    value = row["value"]
    assert value == pytest.approx(1 / sqrt(15))
    assert row["lower"] == pytest.approx(tanh(atanh(value) - 1.959963984540054 / sqrt(7)))
    assert row["upper"] == pytest.approx(tanh(atanh(value) + 1.959963984540054 / sqrt(7)))


@pytest.mark.parametrize(
    "students",
    [
        ["11", "10", "01", "00", "11", "10", "01", "00", "11"],  # nine students
        ["11", "10"] * 5,  # all of them solved exercise 0
        ["11", "01"] * 5,  # all solved as many others
    ],
)
def test_too_little_is_null(lake: MemoryLake, students: list[str]) -> None:
    """Too few students, or no difference between them, gives no number."""
    lake.write(_answers(*students))
    assert lake.values("discrimination", "exercise")["0"] is None
