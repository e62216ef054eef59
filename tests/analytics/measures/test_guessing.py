"""Guessing: what is rapid, what is near-identical, and what can't be told."""

import itertools
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.analytics.measures.histories import BEGIN, Event, histories, runs_of
from tests.analytics.measures.memory_lake import MemoryLake


def guesses(runs: list[Event], within: float, chars: float) -> list[bool]:
    """Return of each run after a failed one, of which it can be told, whether it is a guess."""
    return [
        verdict
        for first, second in itertools.pairwise(runs)
        if first["status"] == "error"
        for verdict in [_is_guess(first, second, within, chars)]
        if verdict is not None
    ]


def _is_guess(first: Event, second: Event, within: float, chars: float) -> bool | None:
    one, other = first.get("code_sha256"), second.get("code_sha256")
    lines = [run.get("code_lines") for run in (first, second)]
    sizes = [run.get("code_chars") for run in (first, second)]
    near = one is not None and one == other
    if not near:
        if None in lines + sizes:
            return None
        cells = {run.get("cell_id") for run in (first, second)} - {None}
        same_size = lines[0] == lines[1] and abs(sizes[1] - sizes[0]) <= chars
        near = same_size and len(cells) < 2
    pause = (second["occurred_at"] - first["occurred_at"]).total_seconds()
    return near and pause - second.get("duration_ms", 0) / 1e3 <= within


def _share(verdicts: list[bool]) -> float | None:
    return sum(verdicts) / len(verdicts) if verdicts else None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=histories(), within=st.sampled_from([0, 2, 300]), chars=st.sampled_from([0, 1, 5]))
def test_it_is_the_definition_on_any_history(
    lake: MemoryLake, events: list[Event], within: float, chars: float
) -> None:
    """Each student and exercise has the share of the definition; wider groups pool the runs."""
    lake.clear()
    lake.write(events)
    parameters = {"within_seconds": within, "most_chars": chars}
    verdicts = {pair: guesses(runs, within, chars) for pair, runs in runs_of(events).items()}
    found = lake.values("guessing", **parameters)
    for pair, own in verdicts.items():
        assert found[pair] == pytest.approx(_share(own), abs=1e-9)
    for student, value in lake.values("guessing", "student", **parameters).items():
        own = [one for (whose, _), ones in verdicts.items() if whose == student for one in ones]
        assert value == pytest.approx(_share(own), abs=1e-9)
    [row] = lake.rows("guessing", "course", **parameters)
    everything = list(itertools.chain.from_iterable(verdicts.values()))
    assert row["value"] == pytest.approx(_share(everything), abs=1e-9)
    if runs_of(events):
        assert (row["guesses"], row["after_failure"]) == (sum(everything), len(everything))


def _run(second: float, sha: str | None = "a", chars: int | None = 20, **fields: Any) -> Event:
    return {
        "student_id": "ada",
        "exercise": "1",
        "status": "error",
        "occurred_at": BEGIN + timedelta(seconds=second),
        "code_sha256": sha and sha * 64,
        "code_chars": chars,
        "code_lines": None if chars is None else 2,
    } | fields


_FIRST: Final = _run(0)


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([_FIRST], None),
        ([_FIRST, _run(5)], 1),
        ([_FIRST, _run(5, status="ok")], 1),
        ([_run(0, status="ok"), _run(5)], None),
        ([_run(0, status="interrupted"), _run(5)], None),
        ([_FIRST, _run(11)], 0),
        ([_FIRST, _run(20, duration_ms=15_000)], 1),
        ([_FIRST, _run(5, "b", 23)], 1),
        ([_FIRST, _run(5, "b", 24)], 0),
        ([_FIRST, _run(5, "b", 20, code_lines=3)], 0),
        # Another cell of the same size is other code; the same code is the same anywhere.
        ([_run(0, cell_id="x"), _run(5, "b", cell_id="y")], 0),
        ([_run(0, cell_id="x"), _run(5, cell_id="y")], 1),
        # Without digest or length nothing is known of a rerun.
        ([_FIRST, _run(5, None, None)], None),
        ([_FIRST, _run(5, "b", None)], None),
        ([_FIRST, _run(5, "a", None)], 1),
        ([_FIRST, _run(5), _run(60, "b"), _run(61, "c", 40)], 1 / 3),
    ],
)
def test_its_edges(lake: MemoryLake, runs: list[Event], expected: Any) -> None:
    """Rapid is up to ten seconds between the runs; near is up to three characters."""
    lake.write(runs)
    assert lake.values("guessing") == {("ada", "1"): pytest.approx(expected)}


def test_shared_code_changes_nothing(lake: MemoryLake) -> None:
    """A student who shares the code gets the number of one who does not."""
    lake.write([_run(0, code="x = 1"), _run(5, "b", code="something else entirely")])
    assert lake.values("guessing") == {("ada", "1"): 1}


def test_by_run_guesses_are_marked(lake: MemoryLake) -> None:
    """A guess is 1, another rerun after a failure 0, every other run null."""
    lake.write([_run(0), _run(5), _run(60, status="ok"), _run(61)])
    assert [row["value"] for row in lake.rows("guessing", "run")] == [None, 1, 0, None]
