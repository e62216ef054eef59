"""`…/courses/{course_id}/marks`: what instructors note about moments of class."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import httpx
import pytest
from redis import Redis

from analytics.settings import ApiSettings
from ingest_api.event_log import ROLLUPS_ADVANCED
from ingest_api.tokens import Grant, SignedIn, issue_token
from tests.analytics.conftest import SECRET

MARKS = "/courses/live/marks"
LONGEST = "長" * 100


@pytest.fixture
def lesson(stores: Any) -> Any:
    """Return stores of a class that has begun."""
    begun = datetime.now(UTC) - timedelta(minutes=20)
    stores.write(stores.log(begun, course_id="live", student_id="ada", status="ok"))
    return stores


@pytest.fixture
def client(lesson: Any, api_of: Callable[[ApiSettings], httpx.AsyncClient]) -> httpx.AsyncClient:
    return api_of(lesson.settings)


async def marks(client: httpx.AsyncClient, **asked: str) -> list[dict[str, Any]]:
    answer = await client.get(MARKS, params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["marks"]
    return found


async def test_a_mark_is_of_now_unless_it_says_when(client: httpx.AsyncClient) -> None:
    """Marks come in the order of their moments, each with who set it and when."""
    before = datetime.now(UTC)
    first = (
        await client.post(MARKS, json={"text": "  explained recursion ", "by": "Grace"})
    ).json()
    mark = first["mark"]
    assert (mark["text"], mark["set_by"]) == ("explained recursion", "Grace")
    assert mark["at"] == mark["set_at"]
    assert before <= datetime.fromisoformat(mark["at"]) <= datetime.now(UTC)
    earlier = (before - timedelta(minutes=10)).isoformat()
    second = (await client.post(MARKS, json={"text": "pause <b>☕</b>", "at": earlier})).json()[
        "mark"
    ]
    assert datetime.fromisoformat(second["at"]) == before - timedelta(minutes=10)
    assert await marks(client) == [second, mark]
    assert await marks(client, **{"from": before.isoformat()}) == [mark]
    assert await marks(client, to=before.isoformat()) == [second]


async def test_a_mark_is_taken_back_and_stays_known(client: httpx.AsyncClient, lesson: Any) -> None:
    """It is listed no more, a second time changes nothing, and who did it and when is kept."""
    mark = (await client.post(MARKS, json={"text": LONGEST})).json()["mark"]
    address = f"{MARKS}/{mark['mark_id']}"
    for _ in range(2):
        answer = await client.delete(address)
        assert answer.json() == {"course_id": "live", "mark_id": mark["mark_id"]}
    assert await marks(client) == []
    with lesson.engine.connect() as connection:
        [row] = connection.exec_driver_sql("SELECT text, removed_at IS NOT NULL FROM class_marks")
    assert tuple(row) == (LONGEST, True)


async def test_whoever_signed_in_goes_by_that_name(
    lesson: Any, redis_url: str, api_of: Callable[[ApiSettings], httpx.AsyncClient]
) -> None:
    """Nobody sets a mark in somebody else's name, and all dashboards are told at once."""
    client = api_of(lesson.settings.model_copy(update={"redis_url": redis_url}))
    now = int(datetime.now(UTC).timestamp())
    signed_in = SignedIn(account="grace", token_id="one", issued_at=now, expires_at=now + 600)
    grant = Grant("read", "live", signed_in=signed_in)
    headers = {"Authorization": f"Bearer {issue_token(SECRET, grant)}"}
    with Redis.from_url(redis_url) as redis, redis.pubsub() as channel:
        channel.subscribe(ROLLUPS_ADVANCED)
        assert channel.get_message(timeout=30)
        answer = await client.post(MARKS, json={"text": "x", "by": "Alan"}, headers=headers)
        told = channel.get_message(timeout=30)
    assert answer.json()["mark"]["set_by"] == "grace"
    assert told is not None
    assert b'"live"' in told["data"]
    await client.delete(f"{MARKS}/{answer.json()['mark']['mark_id']}", headers=headers)
    with lesson.engine.connect() as connection:
        [row] = connection.exec_driver_sql("SELECT set_by, removed_by FROM class_marks")
    assert tuple(row) == ("grace", "grace")


async def test_a_bad_mark_is_refused(client: httpx.AsyncClient) -> None:
    """It is a 422 that says what is wrong, and nothing is kept."""
    bad: list[Any] = [
        {},
        {"text": ""},
        {"text": "   "},
        {"text": "a\nb"},
        {"text": "a\u0000b"},
        {"text": LONGEST + "x"},
        {"text": 7},
        {"text": "x", "at": "tomorrow"},
        {"text": "x", "at": "2199-01-01T00:00:00Z"},
        {"text": "x", "by": ""},
        {"text": "x", "other": 1},
        [],
    ]
    for body in bad:
        answer = await client.post(MARKS, json=body)
        assert (answer.status_code, answer.json()["status"]) == (422, 422), body
        assert answer.json()["detail"]
        assert await marks(client) == [], body


async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient) -> None:
    """Neither a mark of an unknown course, nor an unknown mark, nor one of another course."""
    assert (await client.get("/courses/none/marks")).status_code == 404
    assert (await client.post("/courses/none/marks", json={"text": "x"})).status_code == 404
    answer = await client.delete(f"{MARKS}/none")
    assert answer.status_code == 404
    assert "no such mark" in answer.json()["detail"]


async def test_only_who_may_read_the_class_may_mark_it(
    client: httpx.AsyncClient, bearer: Callable[..., dict[str, str]]
) -> None:
    """Others are refused, for reading, setting and removing alike."""
    grants = [{"course": "other"}, {"student": "ada"}, {"scope": "ingest"}]
    asked = [("GET", MARKS, None), ("POST", MARKS, {"text": "x"}), ("DELETE", f"{MARKS}/x", None)]
    for grant, (method, address, body) in product(grants, asked):
        answer = await client.request(method, address, json=body, headers=bearer(**grant))
        assert answer.status_code == 403, (grant, method, answer.text)
