"""What is seen of each student, which the attention list's reasons are made of."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.attention.responses import Thresholds
from analytics.attention.rule import attention_list
from analytics.attention.signals import attention_signals
from tests.analytics.measures.histories import BEGIN, Event, histories
from tests.analytics.measures.memory_lake import COURSE, MemoryLake

FOREVER = 1_000_000


def signals_of(
    lake: MemoryLake, now: datetime, minutes: int = FOREVER, as_of: int | None = None
) -> dict[str, dict[str, Any]]:
    rows = attention_signals(lake.connection, (COURSE, None), now, as_of, minutes)
    return {row["student_id"]: row for row in rows}


def run(minute: float, student: str = "ada", status: str = "ok", **fields: Any) -> Event:
    moment = BEGIN + timedelta(minutes=minute)
    return {"student_id": student, "occurred_at": moment, "status": status} | fields


def at(minute: float) -> datetime:
    return BEGIN + timedelta(minutes=minute)


def _failed(event: Event) -> bool:
    return event.get("status") == "error"


def _is_run(event: Event) -> bool:
    return bool(event["type"] == "cell_run")


def _is_open(failure: Event, later: list[Event]) -> bool:
    """Tell whether a failed run was not got past, written from the query's header."""
    for event in later:
        same = event["exercise"] == failure["exercise"]
        cell = failure.get("cell_id")
        if same and event.get("passed"):
            return False
        if event.get("status") != "ok":
            continue
        if same and cell in (None, event.get("cell_id")):
            return False
        if not same and event["exercise"] is not None:
            return False
    return True


def reference(events: list[Event]) -> dict[str, dict[str, Any]]:
    """Return signals a student, counted slowly from the query's header."""
    of_student: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        of_student[event["student_id"]].append(event)
    return {student: _signals(student, own, events) for student, own in of_student.items()}


def _solved(events: list[Event]) -> dict[tuple[str, str], Event]:
    checked = {e["exercise"] for e in events if e["type"] == "check_result"}
    solved: dict[tuple[str, str], Event] = {}
    for event in events:
        key = event["student_id"], event["exercise"]
        if event["exercise"] is None or key in solved:
            continue
        if event.get("passed") if event["exercise"] in checked else event.get("status") == "ok":
            solved[key] = event
    return solved


def _has_just_failed(attempts: list[Event]) -> bool:
    last = attempts[-1] if attempts else {}
    if _failed(last) or last.get("passed") is False:
        return True
    for event in reversed(attempts[:-1] if last.get("type") == "cell_run" else []):
        if event["type"] == "cell_run":
            return False
        in_its_cell = last.get("cell_id") is not None and event.get("cell_id") == last["cell_id"]
        if in_its_cell and event.get("passed") is False:
            return True
    return False


def _signals(student: str, own: list[Event], events: list[Event]) -> dict[str, Any]:
    failures = [e for n, e in enumerate(own) if _failed(e) and _is_open(e, own[n + 1 :])]
    runs = [e for e in own if _is_run(e)]
    exercises = [e["exercise"] for e in runs if e["exercise"] is not None]
    exercise = exercises[-1] if exercises else None
    visit: list[Event] = []
    for event in reversed(runs):
        if event["exercise"] not in (None, exercise):
            break
        visit += [event] * (event["exercise"] is not None)
    attempts = [e for e in own if e["type"] in ("cell_run", "check_result")]
    checks: Counter[str] = Counter()
    for event in own if exercise else []:
        if event["type"] == "check_result" and event["exercise"] == exercise:
            name = event["check_name"]
            checks[name] = 0 if event["passed"] else checks[name] + 1
    solved = _solved(events)
    began = {(event["student_id"], event["exercise"]) for event in events if _is_run(event)}
    took = []
    for (other, where), event in solved.items():
        first = next(
            (
                e
                for e in events
                if _is_run(e) and (e["student_id"], e["exercise"]) == (other, where)
            ),
            None,
        )
        if other != student and where == exercise and first is not None:
            took.append((event["occurred_at"] - first["occurred_at"]).total_seconds() / 60)
    errors = Counter(e.get("error_name") for e in failures)
    return {
        "runs": len(runs),
        "failures": len(failures),
        "failures_from": failures[0]["occurred_at"] if failures else None,
        "error_runs": max(errors.values(), default=0),
        "has_failed": _has_just_failed(attempts),
        "exercise": exercise,
        "visit_runs": len(visit),
        "visit_from": visit[-1]["occurred_at"] if visit else None,
        "visit_failures": sum(map(_failed, visit)),
        "check_failures": max(checks.values(), default=0),
        "has_solved": (student, exercise) in solved,
        "solved": sum(who == student for who, _ in solved),
        "others_minutes": pytest.approx(median(took)) if took else None,
        "others_solved": sum(
            who != student and what == exercise and (who, what) in began for who, what in solved
        ),
    }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=histories(), minutes=st.integers(0, 3000))
def test_they_are_the_reference_s_on_any_history_at_any_moment(
    lake: MemoryLake, events: list[Event], minutes: int
) -> None:
    """Each is as counted slowly from the definition, of the events that were seen by then."""
    lake.clear()
    lake.write(events)
    now = at(minutes)
    expected = reference([e for e in events if e["occurred_at"] <= now])
    found = signals_of(lake, now)
    assert found.keys() == expected.keys()
    for student, signals in expected.items():
        # Who solved without a run of the exercise counts as solved only where a run or check is.
        assert {name: found[student][name] for name in signals} == signals


def test_a_failure_is_open_until_the_student_is_past_it(lake: MemoryLake) -> None:
    """A helper cell or a scratch cell that runs well does not end it; the cell itself does."""
    failure = run(0, status="error", exercise="1", cell_id="a", error_name="NameError")
    lake.write([failure, run(1, exercise="1", cell_id="b"), run(2)])
    assert signals_of(lake, at(3))["ada"]["failures"] == 1
    lake.write([run(4, exercise="1", cell_id="a")])
    assert signals_of(lake, at(5))["ada"]["failures"] == 0
    assert signals_of(lake, at(3))["ada"]["failures"] == 1


@pytest.mark.parametrize(
    "past",
    [
        {"type": "check_result", "check_name": "c", "passed": True, "exercise": "1"},
        {"status": "ok", "exercise": "2"},
    ],
)
def test_a_passed_check_or_another_exercise_ends_it(lake: MemoryLake, past: dict[str, Any]) -> None:
    """The check of the exercise, or a run of another exercise that goes well."""
    lake.write([run(0, status="error", exercise="1", cell_id="a")])
    lake.write([run(1) | {"status": None} | past if "type" in past else run(1) | past])
    assert signals_of(lake, at(2))["ada"]["failures"] == 0


def test_a_hand_is_up_from_the_first_request_until_it_is_resolved(lake: MemoryLake) -> None:
    """A second request does not make the wait shorter."""

    def hand(minute: float, kind: str) -> Event:
        return {"type": kind, "student_id": "ada", "occurred_at": at(minute)}

    lake.write([hand(0, "help_requested"), hand(3, "help_requested")])
    assert signals_of(lake, at(4))["ada"]["help_at"] == at(0)
    lake.write([hand(5, "help_resolved")])
    assert signals_of(lake, at(6))["ada"]["help_at"] is None
    lake.write([hand(7, "help_requested")])
    assert signals_of(lake, at(8))["ada"]["help_at"] == at(7)


def test_a_check_that_fails_in_a_cell_is_told_before_the_cells_run(lake: MemoryLake) -> None:
    """As a grader reports it, whose cell ends well: whoever stops then stopped after a failure."""
    check: Event = {"type": "check_result", "check_name": "q1", "status": None}
    cell: Event = {"exercise": "1", "cell_id": "grade"}
    lake.write([run(0, **cell) | check | {"passed": False}, run(0.001, **cell)])
    assert signals_of(lake, at(1))["ada"]["has_failed"]
    lake.write([run(2, exercise="1", cell_id="other")])
    assert not signals_of(lake, at(3))["ada"]["has_failed"]
    lake.write([run(4, **cell) | check | {"passed": True}, run(4.001, **cell)])
    assert not signals_of(lake, at(5))["ada"]["has_failed"]


def test_who_solved_by_checks_alone_is_nobody_to_compare_with(lake: MemoryLake) -> None:
    """Such as by a grader's cell after a break: nobody knows how long it took them."""
    for other in ("bob", "cy", "eve"):
        check = {"type": "check_result", "check_name": "q1", "passed": True, "status": None}
        lake.write([run(0, student_id=other, exercise="1") | check])
    lake.write([run(1, exercise="1"), run(100, exercise="1", status="error")])
    found = signals_of(lake, at(101))
    others = {name: found["ada"][f"others_{name}"] for name in ("started", "solved", "minutes")}
    assert others == {"started": 0, "solved": 0, "minutes": None}
    codes = [
        ground.code
        for case in attention_list(found.values(), Thresholds(), at(101))
        for ground in case.grounds
    ]
    assert "unsolved" not in codes


def test_who_has_left_is_known_until_a_new_kernel_starts(lake: MemoryLake) -> None:
    """A kernel that was restarted is no student that left."""
    lake.write([run(0), run(1) | {"type": "session_ended", "status": None}])
    assert signals_of(lake, at(2))["ada"]["left_at"] == at(1)
    lake.write([run(3) | {"type": "session_started", "status": None}])
    assert signals_of(lake, at(4))["ada"]["left_at"] is None


def test_who_closes_one_of_two_notebooks_has_not_left(lake: MemoryLake) -> None:
    """Only with the last one; then the student is gone since that one's end."""
    first: Event = {"session_id": "a", "notebook": "1.ipynb"}
    second: Event = {"session_id": "b", "notebook": "2.ipynb"}
    ended: Event = {"type": "session_ended", "status": None}
    lake.write([run(0, **first, seq=1), run(1, **second, seq=1), run(2, **first, seq=2) | ended])
    assert signals_of(lake, at(3))["ada"]["left_at"] is None
    lake.write([run(4, **second, seq=2) | ended])
    assert signals_of(lake, at(5))["ada"]["left_at"] == at(4)


def test_a_kernel_that_crashed_keeps_nobody_here(lake: MemoryLake) -> None:
    """It ended no session, but another kernel of the same notebook came after it."""
    ended: Event = {"type": "session_ended", "status": None}
    notebook: Event = {"notebook": "1.ipynb", "seq": 1}
    lake.write([run(0, **notebook, session_id="crashed"), run(1, **notebook, session_id="next")])
    lake.write([run(2, **notebook | {"seq": 2}, session_id="next") | ended])
    assert signals_of(lake, at(3))["ada"]["left_at"] == at(2)


def test_what_a_client_adds_to_other_events_is_neither_a_run_nor_a_result(
    lake: MemoryLake,
) -> None:
    """A check that failed in a run that went well, as a client may send it, is no run that did."""
    one: dict[str, Any] = {"exercise": "1"}
    lake.write(
        [
            run(0, status="error", **one),
            run(1, type="check_result", check_name="sum", passed=False, **one),
            run(2, type="help_requested", passed=True, **one),
        ]
    )
    signals = signals_of(lake, at(3))["ada"]
    assert (signals["failures"], signals["check_failures"], signals["has_solved"]) == (1, 1, False)


def test_others_with_the_same_failure_are_counted(lake: MemoryLake) -> None:
    """Over the lesson and its exercises, also those who got past it; not what is too old."""
    error = {"error_name": "NameError", "error_message": "name 'x' is not defined"}
    lake.write(
        [
            run(0, "old", "error", **error),
            run(90, "bob", "error", **(error | {"error_message": "name 'y' is not defined"})),
            run(91, "bob"),
            run(92, "cy"),
            run(93, "ada", "error", **error),
        ]
    )
    ada = signals_of(lake, at(94), minutes=60)["ada"]
    assert (ada["error_others"], ada["others"], ada["others_at_work"]) == (1, 2, 2)


def test_it_can_be_asked_of_a_place_in_the_log(lake: MemoryLake) -> None:
    """What arrived later does not count, though it happened before."""
    lake.write([run(0, status="error"), run(1)])
    assert signals_of(lake, at(2))["ada"]["failures"] == 0
    assert signals_of(lake, at(2), as_of=1_000_000)["ada"]["failures"] == 1
