"""`GET /courses/{course_id}/report`: what one session of class came to."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest

from analytics.queries.query import load_query
from tests.analytics.measures.memory_lake import COURSE, MemoryLake

NINE: Final = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
TEN: Final = NINE + timedelta(hours=1)
SPAN: Final = {"from": "2024-03-04T09:00:30Z", "to": "2024-03-04T09:06:31Z"}


def at(minute: float, student: str = "s", **fields: Any) -> dict[str, Any]:
    moment = NINE + timedelta(minutes=minute)
    return {"student_id": student, "exercise": "1", "occurred_at": moment} | fields


def run(minute: float, student: str = "s", status: str = "ok", **fields: Any) -> dict[str, Any]:
    return at(minute, student, status=status, **fields)


def check(minute: float, student: str = "s", *, passed: bool, **fields: Any) -> dict[str, Any]:
    kind = {"type": "check_result", "check_name": "a", "passed": passed}
    return at(minute, student, **kind, **fields)


def rows(lake: MemoryLake, query: str, **asked: Any) -> list[dict[str, Any]]:
    question = {
        "section": None,
        "start": NINE,
        "until": TEN,
        "as_of": None,
        "now": TEN + timedelta(hours=1),
    }
    return load_query(query).rows(lake.connection, course_id=COURSE, **question | asked)


def mark(lake: MemoryLake, minute: float, student: str, kind: str) -> None:
    lake.connection.execute(
        "INSERT INTO master.attention_marks (course_id, student_id, marked_at, mark) "
        "VALUES (?, ?, ?, ?)",
        [COURSE, student, NINE + timedelta(minutes=minute), kind],
    )


def register(lake: MemoryLake, *exercises: tuple[str, int, float | None]) -> None:
    for name, place, points in exercises:
        lake.connection.execute(
            "INSERT INTO master.registered_exercises (course_id, exercise, notebook, mark, marker, "
            "title, place, points, first_registered_at) VALUES (?, ?, 'n', ?, 'tag', ?, ?, ?, ?)",
            [COURSE, name, name, f"Title {name}", place, points, NINE],
        )


def test_reached_is_counted_of_those_who_worked_in_the_session(lake: MemoryLake) -> None:
    """Who had solved it before counts as solved, and apart; later work counts for nothing."""
    register(lake, ("2", 0, None), ("1", 1, 4))
    lake.write(
        [
            check(-60, "early", passed=True),
            check(-50, "away", passed=True),
            run(1, "early"),
            check(2, "early", passed=False),
            run(3, "late", "error"),
            check(4, "late", passed=False),
            run(5, "quick"),
            check(6, "quick", passed=True),
            run(7, "watcher"),
            check(70, "late", passed=True),
        ]
    )
    two, one = rows(lake, "report_exercises")
    assert (two["exercise"], two["registered"], two["started"], two["difficulty"]) == (
        "2",
        True,
        0,
        None,
    )
    assert (one["title"], one["points"], one["solved_by"]) == ("Title 1", 4, "check")
    counted = ("started", "begun_by_end", "attempted", "solved", "solved_before", "runs", "errors")
    assert [one[name] for name in counted] == [4, 4, 3, 2, 1, 4, 1]
    assert one["difficulty"] == pytest.approx(1 / 3)
    assert one["lower"] < one["difficulty"] < one["upper"]
    assert rows(lake, "report_presence")[0]["here"] == 4


def test_who_had_begun_an_exercise_before_need_not_begin_it_again(lake: MemoryLake) -> None:
    """Of those who are there, whatever they work at now; who stays away does not count."""
    register(lake, ("1", 0, None), ("2", 1, None), ("3", 2, None))
    lake.write(
        [
            *(run(-60, who) for who in ("ada", "bob", "away")),
            run(5, "ada", exercise="2"),
            run(6, "bob", exercise=None),
        ]
    )
    found = {row["exercise"]: row for row in rows(lake, "report_exercises")}
    assert {name: (row["started"], row["begun_by_end"]) for name, row in found.items()} == {
        "1": (0, 2),
        "2": (1, 1),
        "3": (0, 0),
    }


def test_what_is_planned_for_a_session_is_the_plan_around_it(lake: MemoryLake) -> None:
    """From half an hour before it to half an hour after it; what nobody began is listed too."""
    register(lake, ("2", 0, None), ("1", 1, None))
    lake.write([run(1)])
    for minute, exercise in ((-31, "2"), (-30, "1"), (20, "1"), (90, "new"), (91, "2")):
        lake.connection.execute(
            'INSERT INTO master.planned_exercises (course_id, "at", exercise, set_at) '
            "VALUES (?, ?, ?, ?)",
            [COURSE, NINE + timedelta(minutes=minute), exercise, NINE],
        )
    found = {row["exercise"]: row for row in rows(lake, "report_exercises")}
    assert list(found) == ["2", "1", "new"]
    assert {name: row["planned_at"] for name, row in found.items()} == {
        "2": None,
        "1": NINE - timedelta(minutes=30),
        "new": NINE + timedelta(minutes=90),
    }
    assert (found["new"]["started"], found["new"]["registered"]) == (0, False)


def test_as_of_a_place_in_the_log_late_events_have_not_come(lake: MemoryLake) -> None:
    """What belongs into the session by its time and came after the report was made is not in it."""
    lake.write([run(1), check(2, passed=True)])
    before = rows(lake, "report_exercises", as_of=1_000_000)
    lake.write([check(3, passed=True)])
    assert rows(lake, "report_exercises", as_of=1_000_000) == before
    assert [row["solved"] for row in before] == [1]
    assert before[0]["solved_by"] == "run"


def test_help_tells_who_asked_and_to_whom_somebody_went(lake: MemoryLake) -> None:
    """A hand is open until somebody comes after it, or the student takes it down."""
    hand = {"type": "help_requested"}
    down = {"type": "help_resolved"}
    lake.write(
        [
            run(0, "quiet"),
            run(0, "outside"),
            at(1, "open", **hand),
            at(2, "visited", **hand),
            at(3, "again", **hand),
            at(4, "down", **hand),
            at(5, "down", **down),
            at(20, "again", **hand),
            at(30, "old", **down),
            at(70, "later", **hand),
        ]
    )
    for minute, student, kind in (
        (0.5, "visited", "helped"),
        (6, "visited", "going"),
        (9, "visited", "helped"),
        (10, "again", "helped"),
        (12, "quiet", "helped"),
        (74, "open", "going"),
        (76, "outside", "going"),
    ):
        mark(lake, minute, student, kind)
    mark(lake, 8, "open", "helped")
    lake.connection.execute(
        "UPDATE master.attention_marks SET taken_back_at = ? WHERE student_id = 'open' "
        "AND mark = 'helped'",
        [NINE + timedelta(minutes=8.5)],
    )
    found = rows(lake, "report_help", now=NINE + timedelta(minutes=73))
    assert [(row["student_id"], row["hands"], row["is_open"]) for row in found] == [
        ("open", 1, True),
        ("visited", 1, False),
        ("again", 2, True),
        ("down", 1, False),
        ("quiet", 0, False),
    ]
    visited = found[1]
    assert visited["visited_at"] == NINE + timedelta(minutes=6)
    assert (visited["helped_at"], visited["marks"]) == (NINE + timedelta(minutes=0.5), 3)
    assert {row["student_id"]: row["taken_down_at"] for row in found if row["taken_down_at"]} == {
        "down": NINE + timedelta(minutes=5)
    }
    after = rows(lake, "report_help")
    assert {row["student_id"]: row["is_open"] for row in after}["open"] is False
    assert "outside" not in {row["student_id"] for row in after}


def test_a_hand_that_was_taken_down_waits_no_longer(lake: MemoryLake) -> None:
    """The wait is that of the hand to which somebody came; a mark without a hand answers none."""
    hand, down = {"type": "help_requested"}, {"type": "help_resolved"}
    lake.write(
        [
            at(1, "anew", exercise="1", **hand),
            at(3, "anew", **down),
            at(40, "anew", exercise="2", **hand),
            at(41, "anew", exercise="3", **hand),
            at(2, "waits", exercise="1", **hand),
            at(4, "waits", **down),
            at(50, "waits", exercise="2", **hand),
            at(59, "last", exercise="1", **hand),
            run(59.5, "last"),
            at(66, "last", **down),
            at(80, "late", **down),
        ]
    )
    mark(lake, 20, "waits", "going")
    mark(lake, 42, "anew", "going")
    mark(lake, 43, "anew", "helped")
    found = {row["student_id"]: row for row in rows(lake, "report_help")}
    assert found.keys() == {"anew", "waits", "last"}
    told = ("exercise", "asked_at", "visited_at", "taken_down_at", "is_open")

    def minutes(student: str) -> list[Any]:
        values = (found[student][name] for name in told)
        return [
            (value - NINE) / timedelta(minutes=1) if isinstance(value, datetime) else value
            for value in values
        ]

    assert minutes("anew") == ["2", 40, 42, None, False]
    assert minutes("waits") == ["2", 50, None, None, True]
    assert minutes("last") == ["1", 59, None, 66, False]


async def test_the_report_of_a_session(api: httpx.AsyncClient) -> None:
    """It has the class's numbers, and asked as of its own position it stays the same."""
    answer = (await api.get("/courses/py/report", params=SPAN)).json()
    assert (answer["title"], answer["students"], answer["here"]) == ("Programming 1", 5, 4)
    assert (answer["runs"], answer["errors"]) == (10, 4)
    assert [
        (each["exercise"], each["started"], each["attempted"], each["solved"])
        for each in answer["exercises"]
    ] == [("0.5", 1, 1, 1), ("1.2", 2, 2, 1), ("1.10", 2, 2, 1)]
    assert [each["students"] for each in answer["clusters"]] == [2, 1]
    assert answer["stream"]["bucket_seconds"] == 60
    assert len(answer["stream"]["steps"]) == 7
    assert answer["help"] == []
    then = SPAN | {"as_of": answer["as_of"]["position"]}
    again = (await api.get("/courses/py/report", params=then)).json()
    assert {**again, "as_of": None} == {**answer, "as_of": None}
    assert again["as_of"]["position"] == answer["as_of"]["position"]


async def test_the_report_of_a_section_is_of_its_students_alone(api: httpx.AsyncClient) -> None:
    """Presence, exercises, failures, stream and help; it says which section it is."""
    answers = {}
    for section in ("A", "B"):
        asked = SPAN | {"section": section}
        answers[section] = (await api.get("/courses/py/report", params=asked)).json()
        assert answers[section]["section"] == section
    a, b = answers["A"], answers["B"]
    assert [(each["students"], each["here"]) for each in (a, b)] == [(3, 2), (1, 1)]
    whole = (await api.get("/courses/py/report", params=SPAN)).json()
    assert whole["section"] is None
    assert a["runs"] + b["runs"] < whole["runs"]  # dan is in no section
    started = {each["exercise"]: each["started"] for each in a["exercises"]}
    assert sum(started.values()) < sum(each["started"] for each in whole["exercises"])
    met = {who["student_id"] for each in b["clusters"] for who in each["who"]}
    assert met <= {"bob"}
    early = {"from": "2024-03-04T08:00:00Z"}
    helped = [
        [each["student_id"] for each in answer["help"]]
        for section in ("A", "B")
        for answer in [
            (await api.get("/courses/py/report", params=SPAN | early | {"section": section})).json()
        ]
    ]
    assert helped == [["eve"], []]


async def test_marks_of_before_the_session_are_not_in_it(api: httpx.AsyncClient) -> None:
    """Eve was helped at eight."""
    early = SPAN | {"from": "2024-03-04T08:00:00Z"}
    found = (await api.get("/courses/py/report", params=early)).json()["help"]
    assert [(each["student_id"], each["asked_at"]) for each in found] == [("eve", None)]


async def test_a_session_in_which_nothing_happened_is_an_empty_report(
    api: httpx.AsyncClient,
) -> None:
    """Its lists are empty, its numbers zero."""
    span = {"from": "2030-01-01T09:00Z", "to": "2030-01-01T10:00Z"}
    answer = (await api.get("/courses/py/report", params=span)).json()
    assert (answer["here"], answer["runs"], answer["clusters"], answer["help"]) == (0, 0, [], [])
    assert answer["stream"]["exercises"] == []


@pytest.mark.parametrize(
    ("course", "asked", "status"),
    [
        ("py", {}, 422),
        ("py", {"from": SPAN["from"]}, 422),
        ("py", {"from": SPAN["to"], "to": SPAN["from"]}, 422),
        ("py", {"from": "yesterday", "to": SPAN["to"]}, 422),
        ("py", SPAN | {"as_of": "now"}, 422),
        ("none", SPAN, 404),
        ("py", SPAN | {"section": "Z"}, 404),
        ("py", SPAN | {"section": ""}, 422),
    ],
)
async def test_a_wrong_question_is_refused(
    api: httpx.AsyncClient, course: str, asked: dict[str, str], status: int
) -> None:
    """The answer says what is wrong with it."""
    answer = await api.get(f"/courses/{course}/report", params=asked)
    assert (answer.status_code, answer.json()["status"]) == (status, status)


async def test_a_students_token_opens_no_report(api: httpx.AsyncClient, bearer: Any) -> None:
    """A report is of the whole class."""
    headers = bearer(course="py", student="ada")
    answer = await api.get("/courses/py/report", params=SPAN, headers=headers)
    assert answer.status_code == 403
