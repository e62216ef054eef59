"""Difficulty: 1 less the item difficulty index, with Wilson's interval."""

from math import sqrt

import pytest

from tests.analytics.measures.evidence import Work, near, on_any_history, works
from tests.analytics.measures.histories import BEGIN, Event
from tests.analytics.measures.memory_lake import MemoryLake

Z = 1.959963984540054


def reference(found: list[Work]) -> float | None:
    """Return the share of those who attempted it that did not solve it."""
    tried = [work for work in found if work.attempts]
    return sum(work.solution is None for work in tried) / len(tried) if tried else None


def wilson(share: float, n: int) -> tuple[float, float]:
    """Return the two shares from which the observed one is Z standard errors away."""
    # The roots of (share - p)^2 = Z^2 p (1 - p) / n.
    a, b, c = 1 + Z * Z / n, -(2 * share + Z * Z / n), share * share
    root = sqrt(max(0.0, b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


@on_any_history()
def test_it_is_the_share_that_did_not_solve_it(lake: MemoryLake, events: list[Event]) -> None:
    """Each grain has its share and interval; who did not attempt an exercise is not counted."""
    lake.clear()
    lake.write(events)
    done = works(events)
    for (student, exercise), value in lake.values("difficulty").items():
        own = done.get((student, exercise or ""))
        assert value == near(reference([own] if own else []))
    for student, value in lake.values("difficulty", "student").items():
        assert value == near(reference([w for (whose, _), w in done.items() if whose == student]))
    rows = lake.rows("difficulty", "exercise") + lake.rows("difficulty", "course")
    for row in rows:
        asked = row.get("exercise", ...)
        found = [w for (_, which), w in done.items() if asked in (which, ...)]
        expected = reference(found)
        assert row["value"] == near(expected)
        if expected is not None:
            ends = wilson(expected, row["attempted"])
            assert (row["lower"], row["upper"]) == (near(ends[0]), near(ends[1]))
            assert row["p_value"] == near(1 - expected)


@pytest.mark.parametrize(("failed", "lower", "upper"), [(0, 0, 0.27753), (5, 0.236593, 0.763407)])
def test_its_interval_is_wilson_s(
    lake: MemoryLake, failed: int, lower: float, upper: float
) -> None:
    """The interval has the values of the textbooks for 0 and 5 of 10."""
    lake.write(
        {
            "student_id": f"s{number}",
            "exercise": "1",
            "status": "error" if number < failed else "ok",
            "occurred_at": BEGIN,
        }
        for number in range(10)
    )
    [row] = lake.rows("difficulty", "exercise")
    assert row["value"] == failed / 10
    assert (row["lower"], row["upper"]) == (
        pytest.approx(lower, abs=1e-5),
        pytest.approx(upper, abs=1e-5),
    )
