"""Error clusters: what is the same failure, who had it, and how those who got past it did so."""

import re
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.queries.query import load_query
from tests.analytics.measures.histories import BEGIN, Event, histories
from tests.analytics.measures.memory_lake import COURSE, MemoryLake

MESSAGES: Final = (
    "name 'total' is not defined",
    "name 'sum' is not defined",
    "'int' object is not callable",
    "'str' object is not callable",
    "invalid syntax (17.py, line 2)",
    "invalid syntax (18.py, line 1)",
    "",
    None,
)
CODES: Final = ("a = 1\nb = a", "total = 0", "print(1)\n  \nx", None)


def clusters_of(lake: MemoryLake, now: datetime, **bounds: Any) -> list[dict[str, Any]]:
    values = dict.fromkeys(("start", "until", "as_of", "exercise")) | {"row_limit": 500} | bounds
    return load_query("error_clusters").rows(
        lake.connection, course_id=COURSE, section=None, now=now, **values
    )


def pattern_of(lake: MemoryLake, message: str | None) -> str | None:
    [pattern] = lake.connection.execute("SELECT error_pattern($1)", [message]).fetchone() or [None]
    return None if pattern is None else str(pattern)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("name 'foo' is not defined", "name '…' is not defined"),
        ("name 'été' is not defined", "name '…' is not defined"),
        ("'int' object is not callable", "'int' object is not callable"),
        ("'list' object has no attribute 'add'", "'list' object has no attribute '…'"),
        (
            "unsupported operand type(s) for +: 'int' and 'NoneType'",
            "unsupported operand type(s) for +: 'int' and 'NoneType'",
        ),
        (
            "can't multiply sequence by non-int of type 'float'",
            "can't multiply sequence by non-int of type 'float'",
        ),
        ('could not convert string to float: "it\'s"', "could not convert string to float: '…'"),
        ("invalid syntax (1234567.py, line 3)", "invalid syntax"),
        ("invalid syntax (<ipython-input-5-f00>, line 12)", "invalid syntax"),
        (
            "area() takes 1 positional argument but 2 were given",
            "…() takes N positional argument but N were given",
        ),
        (
            "Shape.area() missing 1 required positional argument: 'r'",
            "…() missing N required positional argument: '…'",
        ),
        ("int() argument must be a string, not 'list'",) * 2,
        ("expected [1, 2, 3], got -2.5e3", "expected [N, …], got N"),
        ("shapes (2,3) and (4,5) not aligned", "shapes (N, …) and (N, …) not aligned"),
        ("no file /home/ada/data.csv or C:\\Users\\ada\\x.csv", "no file PATH or PATH"),
        ("<A object at 0x7f01ab>", "<A object at ADDRESS>"),
        ("first line\nsecond line", "first line"),
        ("  \n padded \n", "padded"),
        ("", ""),
        (None, None),
        ("x" * 1000, "x" * 300),
    ],
)
def test_what_differs_from_student_to_student_is_left_out(
    lake: MemoryLake, message: str | None, expected: str | None
) -> None:
    """Names, numbers and places are left out; the types that say what went wrong are not."""
    assert pattern_of(lake, message) == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(message=st.text(max_size=80))
def test_a_pattern_is_made_of_any_text(lake: MemoryLake, message: str) -> None:
    """No text breaks it, and it is never longer than 300 characters."""
    pattern = pattern_of(lake, message.replace("\0", ""))
    assert pattern is not None
    assert len(pattern) <= 300


def _reference_pattern(message: str | None) -> str:
    """Return the pattern of one of `MESSAGES`."""
    text = re.sub(r" \([^()]*, line \d+\)$", "", message or "")
    return re.sub(r"'(?!int'|str')[^']*'", "'…'", text)


def _line(event: Event) -> str | None:
    lines = (event["code"] or "").split("\n")
    told = re.search(r", line (\d+)\)", event["error_message"] or "")
    number = event.get("error_line") or (int(told[1]) if told else None)
    if number is None or number > len(lines):
        return None
    return lines[number - 1].strip() or None


def reference(events: list[Event], now: datetime) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the clusters, by error name and pattern, written slowly from the query's header."""
    had: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, event in enumerate(events):
        if event["type"] == "cell_run" and event["status"] == "error":
            key = (event.get("error_name") or "", _reference_pattern(event["error_message"]))
            had[key][event["student_id"]].append(number)
    return {key: _cluster(events, students, now) for key, students in had.items()}


def _cluster(events: list[Event], had: dict[str, list[int]], now: datetime) -> dict[str, Any]:
    past, solved, codes, minutes, runs = {}, 0, [], [], []
    for student, numbers in had.items():
        last = events[numbers[-1]]
        own = [
            (number, event)
            for number, event in enumerate(events)
            if event["student_id"] == student and event["exercise"] == last["exercise"]
        ]
        after = [(n, e) for n, e in own if n > numbers[-1]]
        solved += any(e.get("passed") for _, e in after)
        successes = [_place(events, n, last) for n, e in after if _got_past(e, last)]
        if not successes:
            continue
        way = [(n, e) for n, e in own if numbers[0] <= n <= min(successes)]
        past[student] = max(e["occurred_at"] for _, e in way)
        minutes.append((past[student] - events[numbers[0]]["occurred_at"]).total_seconds() / 60)
        runs.append(sum(e["type"] == "cell_run" for _, e in way) - 1)
        fixed = [
            e["code"]
            for _, e in way
            if e.get("status") == "ok" and e["code"] is not None and e["code"] != last["code"]
        ]
        codes += fixed[-1:]
    failed = [events[number] for numbers in had.values() for number in numbers]
    times = [event["occurred_at"] for event in failed]
    return {
        "students": len(had),
        "failures": len(failed),
        "since": min(times),
        "last_at": max(times),
        "is_new": min(times) > now - timedelta(minutes=5),
        "got_past": len(past),
        "solved": solved,
        "minutes": pytest.approx(median(minutes)) if minutes else None,
        "runs": median(runs) if runs else None,
        "exercises": {
            (exercise or "", len({e["student_id"] for e in failed if e["exercise"] == exercise}))
            for exercise in {e["exercise"] for e in failed}
        },
        "lines": Counter(
            line for line, _ in {(_line(e), e["student_id"]) for e in failed} if line is not None
        ),
        "codes": {code for code, n in Counter(codes).items() if n == max(Counter(codes).values())},
        "past": past,
    }


def _place(events: list[Event], number: int, failed: Event) -> int:
    """Return where a success counts: a check in the failed cell with the run that follows there."""
    success = events[number]
    cell = success.get("cell_id")
    if success["type"] == "cell_run" or cell is None or cell != failed.get("cell_id"):
        return number
    runs = (
        later
        for later, event in enumerate(events)
        if later > number
        and (event["type"], event.get("cell_id")) == ("cell_run", cell)
        and event["student_id"] == success["student_id"]
    )
    return next(runs, number)


def _got_past(event: Event, failed: Event) -> bool:
    if event.get("passed"):
        return True
    cells = {event.get("cell_id"), failed.get("cell_id")}
    return event.get("status") == "ok" and (None in cells or len(cells) == 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    events=histories(),
    told=st.lists(
        st.tuples(
            st.sampled_from(MESSAGES),
            st.sampled_from(CODES),
            st.sampled_from([None, 1, 3]),
            st.sampled_from([None, "a", "b"]),
        ),
        min_size=40,
        max_size=40,
    ),
)
def test_they_are_the_reference_s_on_any_history(
    lake: MemoryLake,
    events: list[Event],
    told: list[tuple[str | None, str | None, int | None, str | None]],
) -> None:
    """Who had it, since when, who got past it and how: as counted slowly from the definition."""
    for event, (message, code, line, cell) in zip(events, told, strict=False):
        if event["type"] == "cell_run":
            event["code"] = code
        else:
            event["cell_id"] = cell
        if event.get("status") == "error":
            event["error_message"] = message
            event.update({} if line is None else {"error_line": line})
    lake.clear()
    lake.write(events)
    now = max((e["occurred_at"] for e in events), default=BEGIN) + timedelta(minutes=2)
    expected = reference(events, now)
    found = clusters_of(lake, now)
    assert [row["students"] for row in found] == sorted(
        (row["students"] for row in found), reverse=True
    )
    assert {(row["error_name"], row["pattern"]) for row in found} == expected.keys()
    for row in found:
        cluster = expected[row["error_name"], row["pattern"]]
        for name in ("students", "failures", "since", "last_at", "is_new", "got_past", "solved"):
            assert row[name] == cluster[name], name
        assert row["minutes_to_get_past"] == cluster["minutes"]
        assert row["runs_to_get_past"] == cluster["runs"]
        assert {tuple(each.values()) for each in row["exercises"]} == cluster["exercises"]
        for each in row["lines"]:
            assert cluster["lines"][each["line"]] == each["students"]
        assert len(row["lines"]) == min(3, len(cluster["lines"]))
        assert row["fixed_code"] in (cluster["codes"] or {None})
        assert {w["student_id"]: w["past_at"] for w in row["who"] if w["past_at"]} == cluster[
            "past"
        ]


def test_a_check_that_passes_in_the_failed_cell_counts_with_its_run(lake: MemoryLake) -> None:
    """The result is told first; the run after it has the code that got past the failure."""
    cell: Event = {"student_id": "ada", "exercise": "1", "cell_id": "a"}
    passed = {"type": "check_result", "check_name": "sum", "passed": True}
    events = [
        {"status": "error", "code": "b; check()"},
        passed,
        {"status": "ok", "code": "a; check()"},
        {"status": "ok", "code": "played on"},
    ]
    for seconds, event in enumerate(events):
        event.update(cell, occurred_at=BEGIN + timedelta(seconds=seconds))
    lake.write(events)
    [cluster] = clusters_of(lake, BEGIN + timedelta(minutes=2))
    assert (cluster["got_past"], cluster["solved"], cluster["runs_to_get_past"]) == (1, 1, 1)
    assert cluster["fixed_code"] == "a; check()"
    lake.write([passed | cell | {"occurred_at": BEGIN + timedelta(minutes=1)}])
    [again] = clusters_of(lake, BEGIN + timedelta(minutes=2))
    assert again == cluster


def test_nobody_gets_past_a_failure_by_a_check_that_failed(lake: MemoryLake) -> None:
    """A client may send a check's failed result with the status of a run that went well."""
    failed: Event = {"student_id": "ada", "exercise": "1", "occurred_at": BEGIN, "status": "error"}
    result = failed | {"type": "check_result", "check_name": "sum", "passed": False, "status": "ok"}
    lake.write([failed, result | {"occurred_at": BEGIN + timedelta(minutes=1)}])
    [cluster] = clusters_of(lake, BEGIN + timedelta(minutes=2))
    assert (cluster["failures"], cluster["got_past"]) == (1, 0)


async def test_the_class_s_failures_are_answered(api: httpx.AsyncClient) -> None:
    """Of the known class: one named error, and those that told no name."""
    span = {"from": "2024-03-04T09:00:00Z", "to": "2024-03-04T09:06:00Z"}
    answer = (await api.get("/courses/py/error_clusters", params=span)).json()
    found = {each["error_name"]: each for each in answer["clusters"]}
    assert found.keys() == {"NameError", None}
    assert found["NameError"]["got_past"] == 1
    assert found["NameError"]["runs_to_get_past"] == 1
    assert found["NameError"]["is_new"]
    assert [(w["student_id"], w["failures"]) for w in found[None]["who"]] == [
        ("ada", 2),
        ("bob", 1),
    ]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"minutes": 3, "to": "2024-03-04T09:04:00Z"}, {None, "NameError"}),
        ({"minutes": 2, "to": "2024-03-04T09:04:00Z"}, {None}),
        ({"minutes": 60, "as_of": "2024-03-04T09:01:00Z"}, {None}),
        ({"minutes": 60, "as_of": "2024-03-04T09:02:00Z"}, {None, "NameError"}),
        ({"minutes": 60, "to": "2024-03-04T09:30:00Z", "exercise": "1.2"}, {None, "NameError"}),
        ({"minutes": 60, "to": "2024-03-04T09:30:00Z", "exercise": "1.10"}, {None}),
        ({"minutes": 60, "to": "2024-03-04T09:30:00Z", "exercise": ""}, set()),
        ({}, set()),
    ],
)
async def test_only_the_span_asked_for_counts(
    api: httpx.AsyncClient, asked: dict[str, Any], names: set[str | None]
) -> None:
    """The last minutes before now or `to`, as of an earlier moment, or in one exercise."""
    answer = await api.get("/courses/py/error_clusters", params=asked)
    assert answer.status_code == 200, answer.text
    assert {each["error_name"] for each in answer.json()["clusters"]} == names


@pytest.mark.parametrize(
    "asked",
    [
        {"minutes": 0},
        {"minutes": "x"},
        {"from": "2024-03-04T09:00:00Z", "to": "2024-03-04T09:00:00Z"},
        {"as_of": "yesterday"},
    ],
)
async def test_a_wrong_question_is_refused(api: httpx.AsyncClient, asked: dict[str, Any]) -> None:
    """It is a 422 that says what is wrong."""
    answer = await api.get("/courses/py/error_clusters", params=asked)
    assert answer.status_code == 422
    assert answer.json()["detail"]
