"""Wheel-spinning: attempts, solutions, and what can't be told yet."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.analytics.measures.histories import BEGIN, Event, histories
from tests.analytics.measures.memory_lake import MemoryLake


def reference(steps: list[Event], opportunities: int, *, is_checked: bool) -> int | None:
    """Return whether one student is spinning wheels on one exercise, step by step."""
    attempts = 0
    codes = set()
    for step in steps:
        is_run = step["type"] == "cell_run"
        code = step.get("code_sha256")
        if is_run and (code is None or code not in codes):
            attempts += 1
            codes.add(code)
            if attempts > opportunities:
                return 1
        if (not is_run and step["passed"]) if is_checked else (is_run and step["status"] == "ok"):
            return 0
    return 1 if attempts == opportunities else None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=histories(60), opportunities=st.integers(1, 5))
def test_it_is_the_definition_on_any_history(
    lake: MemoryLake, events: list[Event], opportunities: int
) -> None:
    """Each student and exercise is judged as by a walk through the steps; groups are the mean."""
    lake.clear()
    lake.write(events)
    steps: dict[Any, list[Event]] = {}
    for event in events:
        if event["type"] in ("cell_run", "check_result"):
            steps.setdefault((event["student_id"], event["exercise"]), []).append(event)
    checked = {event["exercise"] for event in events if event["type"] == "check_result"}
    expected = {
        key: None if key[1] is None else reference(own, opportunities, is_checked=key[1] in checked)
        for key, own in steps.items()
    }
    assert lake.values("wheel_spinning", opportunities=opportunities) == expected
    for row in lake.rows("wheel_spinning", "student", opportunities=opportunities):
        own = [one for key, one in expected.items() if key[0] == row["student_id"] and key[1]]
        known = [one for one in own if one is not None]
        assert row["value"] == (pytest.approx(sum(known) / len(known)) if known else None)
        if own:
            assert row["wheel_spinning"] + row["solved"] == len(known)
            assert row["undetermined"] == len(own) - len(known)


def _runs(*outcomes: str) -> list[Event]:
    """Return runs of new code each ('error', 'ok'), and check results ('passed', 'failed')."""
    events = []
    for number, outcome in enumerate(outcomes):
        event: Event = {
            "student_id": "ada",
            "exercise": "1",
            "occurred_at": BEGIN + timedelta(seconds=number),
        }
        if outcome in ("passed", "failed"):
            checked = {"type": "check_result", "check_name": "c", "passed": outcome == "passed"}
            events.append(event | checked)
        else:
            events.append(event | {"status": outcome, "code_sha256": f"{number:064x}"})
    return events


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["error"] * 9, None),
        (["error"] * 10, 1),
        (["error"] * 9 + ["ok"], 0),
        (["error"] * 10 + ["ok"], 1),
        (["ok"], 0),
        # With a check, running well is no solution.
        (["ok", "failed"], None),
        (["ok"] * 10 + ["failed"], 1),
        (["ok"] * 10 + ["passed"], 0),
        (["ok"] * 11 + ["passed"], 1),
        (["passed"], 0),
        (["interrupted"] * 10, 1),
    ],
)
def test_its_edges(lake: MemoryLake, outcomes: list[str], expected: int | None) -> None:
    """Ten attempts decide, and what follows the tenth before an eleventh still counts."""
    lake.write(_runs(*outcomes))
    assert lake.values("wheel_spinning") == {("ada", "1"): expected}


def test_the_same_code_again_is_no_attempt(lake: MemoryLake) -> None:
    """Twenty runs of one code are one attempt; where no code is known each run is one."""
    same = [event | {"code_sha256": "a" * 64} for event in _runs(*["error"] * 20)]
    unknown = [event | {"code_sha256": None, "student_id": "bob"} for event in same[:10]]
    lake.write([*same, *unknown])
    assert lake.values("wheel_spinning") == {("ada", "1"): None, ("bob", "1"): 1}


def test_a_check_of_one_student_holds_for_the_whole_class(lake: MemoryLake) -> None:
    """Once a check of the exercise was reported, a run without error solves it for nobody."""
    of_bob = [event | {"student_id": "bob"} for event in _runs("error", "failed")]
    lake.write([*_runs("ok"), *of_bob])
    assert lake.values("wheel_spinning") == {("ada", "1"): None, ("bob", "1"): None}


def test_by_run_the_deciding_step_has_the_verdict(lake: MemoryLake) -> None:
    """The last attempt that is allowed says 1, the solution in time 0, the others nothing."""
    of_bob = [event | {"student_id": "bob"} for event in _runs("error", "ok")]
    lake.write([*_runs("error", "error", "error"), *of_bob])
    rows = lake.rows("wheel_spinning", "run", opportunities=2)
    assert [row["value"] for row in rows] == [None, 1, None, None, 0]
