"""Repeated error density: Becker's sum over series of the same error, and its edges."""

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.analytics.measures.evidence import near
from tests.analytics.measures.histories import (
    BEGIN,
    Event,
    error_names,
    histories,
    runs_of,
)
from tests.analytics.measures.memory_lake import MemoryLake


def reference(runs: list[Event]) -> float | None:
    """Return the density of one student's runs on one exercise, written from Becker 2016."""
    if len(runs) == 1:
        return None if runs[0]["status"] == "error" else 0.0
    repeated = [bool(error_names(a) & error_names(b)) for a, b in itertools.pairwise(runs)]
    series = [len(list(group)) for repeats, group in itertools.groupby(repeated) if repeats]
    return sum(r * r / (r + 1) for r in series)


def sum_of(sequences: list[list[Event]]) -> float | None:
    """Return the density of a wider group: the sum of those that are known."""
    known = [value for value in map(reference, sequences) if value is not None]
    return sum(known) if known else None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=histories())
def test_it_is_becker_s_on_any_history(lake: MemoryLake, events: list[Event]) -> None:
    """Each student and exercise has the score of the paper; wider groups are sums of it."""
    lake.clear()
    lake.write(events)
    expected = {pair: reference(runs) for pair, runs in runs_of(events).items()}
    found = lake.values("repeated_error_density")
    for pair, value in expected.items():
        assert found[pair] == pytest.approx(value, abs=1e-9)
    for student, value in lake.values("repeated_error_density", "student").items():
        own = [runs for (whose, _), runs in runs_of(events).items() if whose == student]
        assert value == near(sum_of(own))
    [value] = lake.values("repeated_error_density", "course").values()
    assert value == near(sum_of(list(runs_of(events).values())))


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["NameError"], None),
        (["ok"], 0),
        (["ok", "NameError"], 0),
        (["NameError", "NameError"], 1 / 2),
        (["NameError"] * 3, 4 / 3),
        (["NameError", "NameError", "TypeError", "TypeError", "TypeError"], 1 / 2 + 4 / 3),
        (["NameError", "ok", "NameError"], 0),
        (["NameError", "interrupted", "NameError"], 0),
        ([None, None], 0),
    ],
)
def test_its_edges(lake: MemoryLake, outcomes: list[str | None], expected: Any) -> None:
    """One failed run alone is too little; an unknown error repeats nothing; any other run ends."""
    lake.write(
        {
            "student_id": "ada",
            "exercise": "1",
            "status": outcome if outcome in ("ok", "interrupted") else "error",
            "error_name": None if outcome in ("ok", "interrupted") else outcome,
            "occurred_at": BEGIN,
        }
        for outcome in outcomes
    )
    assert lake.values("repeated_error_density") == {("ada", "1"): pytest.approx(expected)}


def test_by_run_it_is_what_each_run_adds(lake: MemoryLake) -> None:
    """The runs of a series add 1/2, then 5/6: together r * r / (r + 1)."""
    lake.write(
        {
            "student_id": "ada",
            "status": "error",
            "error_name": "NameError",
            "occurred_at": BEGIN,
        }
        for _ in range(3)
    )
    rows = lake.rows("repeated_error_density", "run")
    assert [row["value"] for row in rows] == pytest.approx([0, 1 / 2, 5 / 6])
    assert [row["longest"] for row in rows] == [0, 1, 2]
    [row] = lake.rows("repeated_error_density", "course")
    assert row == {"value": pytest.approx(4 / 3), "series": 1, "repeats": 2, "longest": 2}


def test_a_compilation_goes_on_with_any_of_its_errors(lake: MemoryLake) -> None:
    """A; A and B; B: two repeats, though no error is there three times."""
    lake.write(
        {"student_id": "ada", "status": "error", "occurred_at": BEGIN}
        | {"error_name": names[0], "error_names": names}
        for names in (["A"], ["A", "B"], ["B"], ["C"])
    )
    [row] = lake.rows("repeated_error_density", "course")
    assert row == {"value": pytest.approx(4 / 3), "series": 1, "repeats": 2, "longest": 2}
