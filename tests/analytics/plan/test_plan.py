"""`…/courses/{course_id}/plan`: which exercise is to be begun by when, and where the class is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest

from analytics.queries.query import load_query
from analytics.settings import ApiSettings
from ingest_api.tokens import Grant, SignedIn, issue_token
from tests.analytics.conftest import SECRET
from tests.analytics.measures.memory_lake import COURSE, MemoryLake

PLAN: Final = "/courses/live/plan"
DAY: Final = {"start": "2026-09-14T00:00:00Z", "until": "2026-09-15T00:00:00Z"}
NINE: Final = "2026-09-14T09:00:00Z"
TEN: Final = "2026-09-14T10:00:00Z"


@pytest.fixture
def lesson(stores: Any) -> Any:
    """Return stores of a class that has begun: ada is at 1.2, bob at 1.1."""
    begun = datetime.now(UTC) - timedelta(minutes=20)
    run = {"course_id": "live", "status": "ok", "notebook": "1.ipynb"}
    stores.write(
        stores.log(begun, student_id="ada", exercise="1.1", **run),
        stores.log(begun, student_id="bob", exercise="1.1", **run),
        stores.log(begun + timedelta(minutes=1), student_id="ada", exercise="1.2", **run),
    )
    return stores


@pytest.fixture
def client(lesson: Any, api_of: Callable[[ApiSettings], httpx.AsyncClient]) -> httpx.AsyncClient:
    return api_of(lesson.settings)


def at(time: str, exercise: str) -> dict[str, str]:
    return {"at": time, "exercise": exercise}


async def test_a_plan_takes_the_place_of_the_one_before(client: httpx.AsyncClient) -> None:
    """The answer has what was planned, which undoes the change; another day's plan stays."""
    first = [at(TEN, "1.2"), at(NINE, "1.1"), at(NINE, "1.1")]
    answer = (await client.put(PLAN, json=DAY | {"planned": first})).json()
    assert answer == {"course_id": "live", "planned": first[1::-1], "before": []}
    tomorrow = {"start": DAY["until"], "until": "2026-09-16T00:00:00Z"}
    await client.put(PLAN, json=tomorrow | {"planned": [at(DAY["until"], "1.1")]})
    second = (await client.put(PLAN, json=DAY | {"planned": [at(NINE, "1.2")]})).json()
    assert second["before"] == answer["planned"]
    undone = (await client.put(PLAN, json=DAY | {"planned": second["before"]})).json()
    assert undone["planned"] == answer["planned"]
    whole = (await client.get(PLAN)).json()["planned"]
    assert [(each["at"], each["exercise"]) for each in whole] == [
        (NINE, "1.1"),
        (TEN, "1.2"),
        (DAY["until"], "1.1"),
    ]
    part = (await client.get(PLAN, params={"from": TEN, "to": DAY["until"]})).json()["planned"]
    assert [each["exercise"] for each in part] == ["1.2"]


async def test_it_says_where_the_class_is(client: httpx.AsyncClient, lesson: Any) -> None:
    """Of those at work, how many have begun each exercise or a later one; also as of then."""
    await client.put(PLAN, json=DAY | {"planned": [at(NINE, "1.1"), at(TEN, "1.2")]})
    now = (await client.get(PLAN)).json()
    assert now["exercises"] == ["1.1", "1.2"]
    assert (now["at_work"], now["median_exercise"]) == (2, "1.1")
    assert [each["reached"] for each in now["planned"]] == [2, 1]
    early = {"as_of": (datetime.now(UTC) - timedelta(minutes=19, seconds=30)).isoformat()}
    then = (await client.get(PLAN, params=early)).json()
    assert (then["at_work"], then["exercises"]) == (2, ["1.1"])
    assert [each["reached"] for each in then["planned"]] == [2, 0]
    with lesson.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE enrollments SET section = 'A' WHERE student_id = 'ada'")
    of_a = (await client.get(PLAN, params={"section": "A"})).json()
    assert (of_a["at_work"], of_a["median_exercise"]) == (1, "1.2")


def test_at_work_is_who_did_anything_in_half_an_hour(lake: MemoryLake) -> None:
    """Whoever came before, or has begun no exercise, counts as what they are."""
    nine = datetime(2026, 1, 12, 9, tzinfo=UTC)
    lake.write(
        {
            "student_id": student,
            "exercise": exercise,
            "status": "ok",
            "occurred_at": nine + timedelta(minutes=minute),
        }
        for student, exercise, minute in (
            ("gone", "2", 0),
            ("back", "3", 1),
            ("back", "1", 40),
            ("outside", None, 41),
            ("slow", "1", 42),
        )
    )
    lake.connection.execute(
        "INSERT INTO master.student_states (course_id, student_id, last_seen_at) SELECT course_id, "
        "student_id, max(occurred_at) FROM lake.events GROUP BY ALL"
    )

    def found(*planned: str) -> list[tuple[int | None, int]]:
        rows = load_query("class_pace").rows(
            lake.connection,
            course_id=COURSE,
            section=None,
            exercises=["1", "2", "3"],
            planned=list(planned),
            now=nine + timedelta(minutes=45),
            as_of=None,
        )
        return [(row["place"], row["students"]) for row in rows]

    assert found() == [(None, 1), (0, 1), (2, 1)]
    # What is registered no more comes after all others, and is no place that one has got to.
    for exercise, retired_at in (("1", None), ("2", None), ("3", nine)):
        lake.connection.execute(
            "INSERT INTO master.registered_exercises (course_id, exercise, place, retired_at) "
            "VALUES (?, ?, 1, ?)",
            [COURSE, exercise, retired_at],
        )
    assert sum(students for place, students in found() if place == 2) == 0
    assert found("3") == [(None, 1), (0, 1), (2, 1)]


async def test_whoever_signed_in_goes_by_that_name(
    client: httpx.AsyncClient, lesson: Any, redis_url: str, api_of: Any
) -> None:
    """Nobody plans in somebody else's name."""
    client = api_of(lesson.settings.model_copy(update={"redis_url": redis_url}))
    now = int(datetime.now(UTC).timestamp())
    signed_in = SignedIn(account="grace", token_id="one", issued_at=now, expires_at=now + 600)
    token = issue_token(SECRET, Grant("read", "live", signed_in=signed_in))
    body = DAY | {"planned": [at(NINE, "1.1")], "by": "Alan"}
    answer = await client.put(PLAN, json=body, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    with lesson.engine.connect() as connection:
        [row] = connection.exec_driver_sql("SELECT set_by FROM planned_exercises")
    assert tuple(row) == ("grace",)


BAD: Final[list[tuple[Any, str]]] = [
    ({}, "start"),
    (DAY, "planned"),
    (DAY | {"planned": [at(NINE, "9.9")]}, "no exercise '9.9': there are 1.1, 1.2"),
    (DAY | {"planned": [at(DAY["until"], "1.1")]}, "before 'until'"),
    (DAY | {"planned": [at("2026-09-13T23:59:59Z", "1.1")]}, "from 'start' on"),
    (DAY | {"planned": [at("noon", "1.1")]}, "at"),
    (DAY | {"planned": [at(NINE, "")]}, "exercise"),
    (DAY | {"planned": [at(NINE, "1.1") | {"minutes": 5}]}, "minutes"),
    (DAY | {"planned": [at(NINE, "1.1")] * 201}, "200"),
    (DAY | {"until": DAY["start"], "planned": []}, "after 'start'"),
    (DAY | {"until": "2026-09-21T00:00:01Z", "planned": []}, "7 days"),
    (DAY | {"start": "0001-01-01T00:00:00Z", "planned": []}, "1970"),
    ([], "body"),
]


async def test_a_bad_plan_is_refused(client: httpx.AsyncClient) -> None:
    """It is a 422 that says what is wrong, and nothing is kept."""
    for body, told in BAD:
        answer = await client.put(PLAN, json=body)
        assert (answer.status_code, answer.json()["status"]) == (422, 422), body
        assert told in answer.text
    assert (await client.get(PLAN)).json()["planned"] == []


async def test_a_wrong_question_is_refused(client: httpx.AsyncClient) -> None:
    """Of an unknown course, of a time that ends before it begins, of no section."""
    assert (await client.get("/courses/none/plan")).status_code == 404
    empty = DAY | {"planned": []}
    assert (await client.put("/courses/none/plan", json=empty)).status_code == 404
    assert (await client.get(PLAN, params={"from": TEN, "to": NINE})).status_code == 422
    assert (await client.get(PLAN, params={"section": "Z"})).status_code == 404


async def test_only_who_may_read_the_class_may_plan_it(
    client: httpx.AsyncClient, bearer: Callable[..., dict[str, str]]
) -> None:
    """Others are refused, for reading and setting alike."""
    others: list[dict[str, str]] = [{"course": "other"}, {"student": "ada"}, {"scope": "ingest"}]
    for grant in others:
        headers = bearer(**grant)
        for method, sent in (("GET", None), ("PUT", DAY | {"planned": []})):
            answer = await client.request(method, PLAN, json=sent, headers=headers)
            assert answer.status_code == 403, (method, answer.text)
