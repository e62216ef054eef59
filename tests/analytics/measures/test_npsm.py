"""Time in programming states: which state each time belongs to, and the shares."""

from collections import Counter
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.analytics.measures.histories import BEGIN, Event, histories
from tests.analytics.measures.memory_lake import MemoryLake

_STATES: Final = ("syntax_error", "runtime_error", "check_failed", "no_error", "check_passed")
_SYNTAX: Final = ("SyntaxError", "IndentationError", "TabError")


def reference(events: list[Event], idle_seconds: float) -> dict[Any, Counter[str]]:
    """Return the seconds in each state of each student and exercise, step by step."""
    spent: dict[Any, Counter[str]] = {}
    last: dict[str, Event] = {}
    states: dict[Any, str] = {}
    for event in events:
        if event["type"] not in ("cell_run", "check_result"):
            continue
        student, key = event["student_id"], (event["student_id"], event["exercise"])
        before = last.get(student)
        spent.setdefault(key, Counter())
        if before is not None and before["exercise"] == event["exercise"]:
            gap = (event["occurred_at"] - before["occurred_at"]).total_seconds()
            running = min(gap, event.get("duration_ms", 0) / 1e3)
            spent[key]["running"] += running
            spent[key][states[key]] += min(gap - running, idle_seconds)
            spent[key]["idle"] += max(gap - running - idle_seconds, 0)
        states[key] = _next_state(states.get(key), event)
        last[student] = event
    return spent


def _next_state(state: str | None, event: Event) -> str:
    if event["type"] == "cell_run":
        if event["status"] != "error":
            return "no_error"
        return "syntax_error" if event["error_name"] in _SYNTAX else "runtime_error"
    if state in ("syntax_error", "runtime_error"):
        return state
    return "check_passed" if event["passed"] and state != "check_failed" else "check_failed"


def _hold(row: dict[str, Any], spent: Counter[str]) -> None:
    active = sum(spent.values()) - spent["idle"]
    assert row["active_seconds"] == pytest.approx(active, abs=1e-9)
    assert row["idle_seconds"] == pytest.approx(spent["idle"], abs=1e-9)
    if not active:
        assert {row[name] for name in ("value", "running", *_STATES)} == {None}
        return
    failed = spent["syntax_error"] + spent["runtime_error"]
    assert row["value"] == pytest.approx(failed / active, abs=1e-9)
    for name in ("running", *_STATES):
        assert row[name] == pytest.approx(spent[name] / active, abs=1e-9)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=histories(), idle_minutes=st.sampled_from([0.5, 5, 60]))
def test_it_is_the_definition_on_any_history(
    lake: MemoryLake, events: list[Event], idle_minutes: float
) -> None:
    """Each student and exercise has the shares of a walk through the events; groups pool them."""
    lake.clear()
    lake.write(events)
    spent = reference(events, idle_minutes * 60)
    rows = lake.rows("npsm", idle_minutes=idle_minutes)
    assert {(row["student_id"], row["exercise"]) for row in rows} == spent.keys()
    for row in rows:
        _hold(row, spent[row["student_id"], row["exercise"]])
    for row in lake.rows("npsm", "student", idle_minutes=idle_minutes):
        own = [one for (whose, _), one in spent.items() if whose == row["student_id"]]
        if own:
            _hold(row, sum(own, Counter()))


def _step(second: float, outcome: str, **fields: Any) -> Event:
    event = {
        "student_id": "ada",
        "exercise": "1",
        "occurred_at": BEGIN + timedelta(seconds=second),
    } | fields
    if outcome in ("passed", "failed"):
        return event | {"type": "check_result", "check_name": "c", "passed": outcome == "passed"}
    if outcome in ("ok", "interrupted"):
        return event | {"status": outcome}
    return event | {"status": "error", "error_name": outcome}


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ([_step(0, "SyntaxError")], "syntax_error"),
        ([_step(0, "IndentationError")], "syntax_error"),
        ([_step(0, "NameError")], "runtime_error"),
        ([_step(0, "interrupted")], "no_error"),
        ([_step(0, "ok"), _step(0, "passed")], "check_passed"),
        # One failed check among those of a run is enough, in whichever order they are reported.
        ([_step(0, "ok"), _step(0, "failed"), _step(0, "passed")], "check_failed"),
        ([_step(0, "ok"), _step(0, "passed"), _step(0, "failed")], "check_failed"),
        ([_step(0, "AssertionError"), _step(0, "failed")], "runtime_error"),
        ([_step(0, "passed")], "check_passed"),
        ([_step(0, "ok"), _step(0, "failed"), _step(0, "ok")], "no_error"),
    ],
)
def test_which_state_a_time_belongs_to(lake: MemoryLake, steps: list[Event], state: str) -> None:
    """A failed run says more than the checks, a failed check more than a passed one."""
    lake.write([*steps, _step(60, "ok")])
    [row] = lake.rows("npsm")
    assert {name for name in _STATES if row[name]} == {state}
    assert row["active_seconds"] == 60
    assert row["value"] == (1 if state in ("syntax_error", "runtime_error") else 0)


def test_running_and_idle_time_are_told_apart(lake: MemoryLake) -> None:
    """Of ten minutes, one in which the next cell ran: five count as work, four are idle."""
    lake.write([_step(0, "NameError"), _step(600, "ok", duration_ms=60_000)])
    [row] = lake.rows("npsm", "course")
    assert (row["active_seconds"], row["idle_seconds"]) == (360, 240)
    assert row["runtime_error"] == pytest.approx(5 / 6)
    assert row["running"] == pytest.approx(1 / 6)


def test_time_between_exercises_belongs_to_none(lake: MemoryLake) -> None:
    """One run of each of two exercises is too little for any share."""
    lake.write([_step(0, "NameError"), _step(60, "ok", exercise="2")])
    assert lake.values("npsm", "course") == {None: None}
