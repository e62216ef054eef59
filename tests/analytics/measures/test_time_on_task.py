"""Time on task: capped gaps between a student's actions."""

from itertools import pairwise
from statistics import median

import pytest

from tests.analytics.measures.evidence import actions_of, microseconds, near, on_any_history
from tests.analytics.measures.histories import BEGIN, Event
from tests.analytics.measures.memory_lake import MemoryLake


def gaps(events: list[Event], student: str) -> list[tuple[str | None, int]]:
    """Return the exercise and the length in microseconds of each of a student's gaps."""
    return [
        (second["exercise"], microseconds(first, second))
        for first, second in pairwise(actions_of(events, student))
    ]


def capped(found: list[int], minutes: float) -> float | None:
    """Return the sum in seconds, of each gap at most so many minutes."""
    return sum(min(gap, round(minutes * 60e6)) for gap in found) / 1e6 if found else None


@on_any_history()
def test_it_is_the_sum_of_capped_gaps(lake: MemoryLake, events: list[Event]) -> None:
    """A gap counts for the exercise of the action that ends it, up to the cap."""
    lake.clear()
    lake.write(events)
    own = {student: gaps(events, student) for student in ("ada", "bob", "cy")}
    for row in lake.rows("time_on_task"):
        found = [gap for where, gap in own[row["student_id"]] if where == row["exercise"]]
        assert row["value"] == near(capped(found, 5))
        assert row["half_cap"] == near(capped(found, 2.5))
        assert row["double_cap"] == near(capped(found, 10))
    for row in lake.rows("time_on_task", "student", cap_minutes=0.5):
        assert row["value"] == near(capped([gap for _, gap in own[row["student_id"]]], 0.5))
    for row in lake.rows("time_on_task", "exercise"):
        each = [[gap for where, gap in one if where == row["exercise"]] for one in own.values()]
        assert row["value"] == near(capped([gap for one in each for gap in one], 5))
        sums = [seconds for one in each if (seconds := capped(one, 5)) is not None]
        assert row["median_seconds"] == near(median(sums) if sums else None)
    [row] = lake.rows("time_on_task", "course")
    everything = [gap for one in own.values() for _, gap in one]
    assert row["value"] == near(capped(everything, 5))
    opened = [v for v in lake.values("time_on_task", "run").values() if v is not None]
    assert sum(opened) == near(row["value"] or 0)
    assert len(opened) == len(everything)


def _run(second: int, **fields: str) -> Event:
    moment = BEGIN.replace(minute=second // 60, second=second % 60)
    return {"student_id": "ada", "exercise": "1", "status": "ok", "occurred_at": moment} | fields


def test_one_run_alone_is_too_little(lake: MemoryLake) -> None:
    """A single run has no gap: null, not 0; the run before it on another exercise makes one."""
    lake.write([_run(0)])
    assert lake.values("time_on_task") == {("ada", "1"): None}
    lake.write([_run(40, exercise="2")])
    assert lake.values("time_on_task") == {("ada", "1"): None, ("ada", "2"): 40}


def test_a_sign_of_life_is_no_work(lake: MemoryLake) -> None:
    """Heartbeats and sessions make no gaps shorter."""
    lake.write([_run(0), _run(200, type="heartbeat"), _run(500), _run(700)])
    [row] = lake.rows("time_on_task")
    assert (row["value"], row["gaps"], row["capped"]) == (500, 2, 1)
    assert (row["half_cap"], row["double_cap"]) == (300, 700)


@pytest.mark.parametrize("cap", [0.0, 2.0**52])
def test_any_cap_is_answered(lake: MemoryLake, cap: float) -> None:
    """A cap of nothing or of aeons gives a number."""
    lake.write([_run(0), _run(60)])
    assert lake.values("time_on_task", cap_minutes=cap) == {("ada", "1"): 60 if cap else 0}
