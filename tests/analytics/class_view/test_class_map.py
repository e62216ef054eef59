"""`GET /courses/{course_id}/class_map` and `…/class_stream`: the class as a whole picture."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest

from analytics.queries.query import load_query
from tests.analytics.measures.memory_lake import COURSE, MemoryLake

NOW: Final = datetime(2026, 1, 12, 9, 30, 20, tzinfo=UTC)
#: One run or check result of exercise 1 each.
OK: Final = {"status": "ok"}
ERROR: Final = {"status": "error"}
STOPPED: Final = {"status": "interrupted"}
PASSED: Final = {"type": "check_result", "check_name": "a", "passed": True}
NOT_PASSED: Final = PASSED | {"passed": False}
#: A result of a check of exercise 1 by somebody else.
CHECKED: Final = {"exercise": "1", "student_id": "other"} | PASSED
#: A run of the next exercise.
NEXT: Final = OK | {"exercise": "2"}


def happened(lake: MemoryLake, *events: dict[str, Any]) -> None:
    """Let s do things, one a second, the last of them at NOW."""
    first = NOW - timedelta(seconds=len(events) - 1)
    lake.write(
        {"student_id": "s", "exercise": "1", "occurred_at": first + timedelta(seconds=number)}
        | event
        for number, event in enumerate(events)
    )
    lake.connection.execute(
        "INSERT INTO master.student_states "
        "(course_id, student_id, last_seen_at, last_run_at, exercise) "
        "SELECT course_id, student_id, max(received_at), "
        "max(received_at) FILTER (type = 'cell_run'), "
        "arg_max(exercise, position_ns) FILTER (type = 'cell_run') FROM lake.events GROUP BY ALL"
    )


def rows(lake: MemoryLake, *exercises: str) -> dict[str, dict[str, Any]]:
    found = load_query("class_map").rows(
        lake.connection,
        course_id=COURSE,
        section=None,
        exercises=list(exercises),
        now=NOW,
        as_of=None,
        student_id=None,
    )
    return {row["student_id"]: row for row in found}


def stream(lake: MemoryLake) -> list[dict[str, Any]]:
    return load_query("class_stream").rows(
        lake.connection,
        course_id=COURSE,
        section=None,
        exercises=["1", "2"],
        bucket_seconds=60,
        start=None,
        until=None,
        as_of=None,
        bucket_limit=10,
    )


@pytest.mark.parametrize(
    ("events", "state", "failed_runs"),
    [
        ([OK], "r", []),
        ([ERROR], "f", [1]),
        ([OK, ERROR, ERROR], "f", [2]),
        ([ERROR, ERROR, OK], "r", []),
        ([ERROR, OK, ERROR], "f", [1]),
        ([ERROR, STOPPED], "w", []),
        ([STOPPED, ERROR], "f", [1]),
        ([NEXT], ".", []),
        ([ERROR, PASSED], "s", []),
        ([PASSED, ERROR, ERROR], "s", []),
        ([OK, NOT_PASSED], "w", []),
        ([NOT_PASSED, ERROR], "f", [1]),
        ([OK, CHECKED], "w", []),  # at it still, and a check is to come
        ([OK, CHECKED, NEXT], "r", []),  # went on without the check
        ([OK, NOT_PASSED, NEXT], "w", []),
        ([OK, CHECKED, OK | {"exercise": None}], "w", []),
        ([{"type": "help_requested"}], ".", []),
    ],
)
def test_a_glyph_says_how_far_a_student_is_with_an_exercise(
    lake: MemoryLake, events: list[dict[str, Any]], state: str, failed_runs: list[int]
) -> None:
    """Solved by a check, ran without one, failing and how often in a row, working, not started."""
    happened(lake, *events)
    row = rows(lake, "1")["s"]
    assert (row["states"], row["failed_runs"]) == (state, failed_runs)


def test_letters_and_numbers_follow_the_order_that_was_asked_for(lake: MemoryLake) -> None:
    """Also an exercise that nobody began has its letter."""
    happened(lake, ERROR, ERROR, NEXT, ERROR | {"exercise": "3"})
    row = rows(lake, "3", "2", "none", "1")["s"]
    assert (row["states"], row["failed_runs"]) == ("fr.f", [1, 2])


def test_late_runs_count_where_they_happened(lake: MemoryLake) -> None:
    """A run that came after later ones does not end the streak that it lies before."""
    happened(lake, ERROR, ERROR, OK | {"occurred_at": NOW - timedelta(hours=1)})
    assert rows(lake, "1")["s"]["failed_runs"] == [2]


def test_solved_is_what_the_progress_says(lake: MemoryLake) -> None:
    """The number solved by a check is that of exercise_progress, as is the weaker evidence."""
    happened(lake, PASSED, ERROR, CHECKED, NEXT, NEXT | {"student_id": "other"})
    progress = load_query("exercise_progress").rows(
        lake.connection, course_id=COURSE, section=None, student_id=None, as_of=None
    )
    states = [row["states"] for row in rows(lake, "1", "2").values()]
    counted = {
        "check": [sum(each[place] == "s" for each in states) for place in range(2)],
        "run": [sum(each[place] == "r" for each in states) for place in range(2)],
    }
    assert [each["passed_by"] for each in progress] == ["check", "run"]
    assert [each["passed"] for each in progress] == [counted["check"][0], counted["run"][1]]


def test_the_last_15_minutes_are_those_on_the_clock(lake: MemoryLake) -> None:
    """The last one is the minute of now; checks and older runs are not counted."""
    at = [NOW - timedelta(minutes=minutes) for minutes in (15, 14, 1, 1, 0)]
    happened(lake, *({"occurred_at": time} | OK for time in at), PASSED)
    assert rows(lake)["s"]["runs"] == [1, *[0] * 12, 2, 1]


def test_the_stream_counts_students_where_they_ran_last(lake: MemoryLake) -> None:
    """Somebody who is silent stays where the last run was, until the end."""
    at = {minute: {"occurred_at": NOW + timedelta(minutes=minute)} for minute in range(-3, 1)}
    happened(
        lake,
        OK | at[-3],
        OK | at[-3] | {"student_id": "other"},
        ERROR | at[-1] | {"exercise": "2"},
        OK | at[0] | {"exercise": None},
        OK | at[0] | {"exercise": "1", "student_id": "third"},
    )
    found = stream(lake)
    assert [(row["start"].minute, row["exercise"], row["students"]) for row in found] == [
        (27, "1", 2),
        (28, "1", 2),
        (29, "1", 1),
        (29, "2", 1),
        (30, "1", 2),
        (30, "2", 1),
    ]


def test_a_step_of_the_stream_ends_with_its_last_moment(lake: MemoryLake) -> None:
    """A run of a minute's last half second is of that minute, not of the one to come."""
    last = NOW.replace(second=59, microsecond=999_999)
    happened(lake, OK | {"occurred_at": last - timedelta(minutes=1)}, NEXT | {"occurred_at": last})
    assert [(row["start"].minute, row["exercise"], row["students"]) for row in stream(lake)] == [
        (29, "1", 1),
        (30, "2", 1),
    ]


async def test_the_map_of_a_class(api: httpx.AsyncClient) -> None:
    """Every student has a row, eve, who did nothing, as well; columns as the progress has them."""
    answer = (await api.get("/courses/py/class_map")).json()
    progress = (await api.get("/courses/py/progress")).json()
    assert answer["exercises"] == progress["exercises"]
    assert [each["exercise"] for each in answer["exercises"]] == ["1.2", "1.10", "0.5"]
    assert {each["student_id"]: each["states"] for each in answer["students"]} == {
        "ada": "sf.",
        "bob": "fr.",
        "cy": "...",
        "dan": "..r",
        "eve": "...",
    }
    ada, *_, eve = answer["students"]
    assert (ada["failed_runs"], ada["exercise"]) == ([2], "1.10")
    assert ada["display_name"] == "Ada Lovelace"
    assert ada["last_run_at"] == "2024-03-04T09:03:30Z"
    assert eve == {
        "student_id": "eve",
        "display_name": None,
        "seat": "B4",
        "states": "...",
        "failed_runs": [],
        "runs": [0] * 15,
        "exercise": None,
        "last_run_at": None,
        "active": False,
    }


async def test_the_stream_of_a_class(api: httpx.AsyncClient) -> None:
    """By default it is of the last three hours of class, a step a minute."""
    answer = (await api.get("/courses/py/class_stream")).json()
    assert answer["steps"][0] == "2024-03-04T09:00:00Z"
    assert len(answer["steps"]) == 7
    assert answer["exercises"] == [
        {"exercise": "1.2", "students": [2, 2, 2, 1, 1, 0, 0]},
        {"exercise": "1.10", "students": [0, 0, 0, 1, 1, 2, 2]},
        {"exercise": "0.5", "students": [0, 0, 0, 0, 0, 0, 1]},
    ]
    later = {"from": "2024-03-04T09:05:00Z", "bucket": "5m"}
    assert len((await api.get("/courses/py/class_stream", params=later)).json()["steps"]) == 1


async def test_a_class_without_a_run_has_an_empty_picture(api: httpx.AsyncClient) -> None:
    """There are students and no exercises, and no steps."""
    found = (await api.get("/courses/sorted/class_map")).json()
    assert (len(found["students"]), found["exercises"]) == (3, [])
    assert (await api.get("/courses/sorted/class_stream")).json()["steps"] == []


@pytest.mark.parametrize(
    "asked",
    [
        {"bucket": "0m"},
        {"bucket": "1s"},
        {"from": "2024-03-04T09:05Z", "to": "2024-03-04T09:00Z"},
        {"from": "yesterday"},
    ],
)
async def test_a_stream_with_wrong_parameters_is_refused(
    api: httpx.AsyncClient, asked: dict[str, str]
) -> None:
    """The answer says what is wrong with it."""
    answer = await api.get("/courses/py/class_stream", params=asked)
    assert (answer.status_code, answer.json()["status"]) == (422, 422)


async def test_a_stream_of_too_many_steps_is_refused(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a 422 that says what to ask for."""
    monkeypatch.setattr("analytics.class_view.answers.BUCKETS_LIMIT", 6)
    anew = {"Cache-Control": "no-cache"}  # and not what another test was told
    answer = await api.get("/courses/py/class_stream", headers=anew)
    assert answer.status_code == 422
    assert "ask for longer buckets" in answer.json()["detail"]


@pytest.mark.parametrize("what", ["class_map", "class_stream"])
async def test_an_unknown_course_has_no_picture(api: httpx.AsyncClient, what: str) -> None:
    """It is a 404."""
    assert (await api.get(f"/courses/none/{what}")).status_code == 404


async def test_a_students_token_opens_no_map(api: httpx.AsyncClient, bearer: Any) -> None:
    """A map is of the whole class."""
    headers = bearer(course="py", student="ada")
    assert (await api.get("/courses/py/class_map", headers=headers)).status_code == 403
