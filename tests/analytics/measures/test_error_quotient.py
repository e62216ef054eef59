"""Error quotient: Jadud's score, and its edges."""

import itertools
from typing import Any

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


def reference(*sequences: list[Event]) -> float | None:
    """Return the error quotient of sequences of runs, written from Jadud 2006."""
    scores = []
    for runs in sequences:
        for first, second in itertools.pairwise(runs):
            score = 0
            if first["status"] == "error" and second["status"] == "error":
                score += 8
                score += 3 if error_names(first) & error_names(second) else 0
            scores.append(score / 11)
    if scores:
        return sum(scores) / len(scores)
    runs = [run for sequence in sequences for run in sequence]
    return 0.0 if runs and all(run["status"] != "error" for run in runs) else None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=histories())
def test_it_is_jadud_s_on_any_history(lake: MemoryLake, events: list[Event]) -> None:
    """Each student and exercise has the score of the paper; wider groups average over all pairs."""
    lake.clear()
    lake.write(events)
    sequences = runs_of(events)
    found = lake.values("error_quotient")
    for pair, runs in sequences.items():
        assert found[pair] == pytest.approx(reference(runs), abs=1e-9)
    for student, value in lake.values("error_quotient", "student").items():
        own = [runs for (whose, _), runs in sequences.items() if whose == student]
        assert value == pytest.approx(reference(*own), abs=1e-9)
    [value] = lake.values("error_quotient", "course").values()
    assert value == pytest.approx(reference(*sequences.values()), abs=1e-9)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["NameError"], None),
        ([None], 0),
        ([None, None], 0),
        (["NameError", "NameError"], 1),
        (["NameError", "TypeError"], 8 / 11),
        (["NameError", None, "NameError"], 0),
    ],
)
def test_its_edges(lake: MemoryLake, outcomes: list[str | None], expected: Any) -> None:
    """One failed run alone is too little; runs without any failure are 0."""
    lake.write(
        {
            "student_id": "ada",
            "exercise": "1",
            "status": "error" if name else "ok",
            "error_name": name,
            "occurred_at": BEGIN,
        }
        for name in outcomes
    )
    assert lake.values("error_quotient") == {("ada", "1"): pytest.approx(expected)}
    by_run = lake.values("error_quotient", "run")
    assert next(iter(by_run)) == "1-0"
    assert by_run["1-0"] is None
    assert len(by_run) == len(outcomes)


def test_several_errors_of_a_compilation(lake: MemoryLake) -> None:
    """Two runs have the same error when they share one; what is no list of names is none."""
    sent: list[Any] = [["A", "B"], ["B", "C"], ["D"], {"A": 1}, [["D"]], None]
    lake.write(
        {"student_id": "ada", "status": "error", "occurred_at": BEGIN, "error_names": names}
        | {"error_name": names[0] if isinstance(names, list) and names[0] in ("A", "B") else "D"}
        for names in sent
    )
    by_run = lake.values("error_quotient", "run")
    assert list(by_run.values())[1:] == pytest.approx([1, 8 / 11, 1, 1, 1])
