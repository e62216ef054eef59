"""Attempts: runs until an exercise is solved."""

from statistics import median
from typing import Any

from tests.analytics.measures.evidence import Work, near, on_any_history, works
from tests.analytics.measures.histories import BEGIN, Event
from tests.analytics.measures.memory_lake import MemoryLake


def reference(work: Work) -> int | None:
    """Return the runs up to the solution, or None without one."""
    runs = 0
    for event in work.events:
        runs += event["type"] == "cell_run"
        if event is work.solution:
            return runs
    return None


def _median(found: list[Work]) -> float | None:
    needed = [each for each in map(reference, found) if each is not None]
    return median(needed) if needed else None


@on_any_history()
def test_it_counts_the_runs_until_it_is_solved(lake: MemoryLake, events: list[Event]) -> None:
    """Each solved pair has its number of runs; wider groups have the median; runs add up."""
    lake.clear()
    lake.write(events)
    done = works(events)
    for (student, exercise), value in lake.values("attempts").items():
        work = done.get((student, exercise))
        assert value == near(work and reference(work))
    for student, value in lake.values("attempts", "student").items():
        assert value == near(_median([w for (whose, _), w in done.items() if whose == student]))
    for exercise, value in lake.values("attempts", "exercise").items():
        assert value == near(_median([w for (_, which), w in done.items() if which == exercise]))
    assert lake.values("attempts", "course") == {None: near(_median(list(done.values())))}
    sums: dict[Any, float] = {}
    for row in lake.rows("attempts", "run"):
        pair = row["student_id"], row["exercise"]
        assert (row["value"] is None) == (done[pair].solution is None)
        sums[pair] = sums.get(pair, 0) + (row["value"] or 0)
    assert sums == {pair: reference(work) or 0 for pair, work in done.items()}


def test_runs_after_the_solution_do_not_count(lake: MemoryLake) -> None:
    """Who goes on after solving an exercise needed no more runs for it."""
    lake.write(
        {"student_id": "ada", "exercise": "1", "status": status, "occurred_at": BEGIN}
        for status in ("error", "interrupted", "ok", "ok", "error")
    )
    [row] = lake.rows("attempts")
    assert (row["value"], row["runs"], row["unsolved"]) == (3, 5, 0)
    assert list(lake.values("attempts", "run").values()) == [1, 1, 1, 0, 0]
