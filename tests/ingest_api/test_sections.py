"""`WS /ws/dashboard` of a section: only what the students do who are in it now."""

import asyncio
import json
import time
from typing import Any

import pytest
from redis import Redis
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from ingest_api.course_sections import CONTENTS, VERSIONS
from ingest_api.tokens import NO_COURSE, Grant, SignedIn, issue_token
from tests.ingest_api.conftest import SECRET


def token(*sections: tuple[str, str]) -> str:
    now = time.time()
    signed_in = SignedIn("tess", "t", now, int(now) + 600, sections=sections)
    return issue_token(SECRET, Grant("read", NO_COURSE, signed_in=signed_in))


def publish(redis: Redis, **section_of: str) -> None:
    redis.hset(CONTENTS, "demo", json.dumps({"section_of": section_of}))
    redis.hset(VERSIONS, "demo", json.dumps(section_of))


async def post(ingest: Any, *students: str) -> None:
    runs = [{"course_id": "demo", "student_id": each, "status": "ok"} for each in students]
    assert (await asyncio.to_thread(ingest.post, runs)).status_code == 202


async def students(client: Any, count: int) -> list[str]:
    async with asyncio.timeout(30):
        return [json.loads(await client.recv())["student_id"] for _ in range(count)]


async def followed(client: Any, ingest: Any, student: str) -> None:
    """Await that the ingest has noticed that a student is in the section."""

    async def post_on() -> None:
        while True:
            await post(ingest, student)
            await asyncio.sleep(0.1)

    posting = asyncio.create_task(post_on())
    assert await students(client, 1) == [student]
    posting.cancel()


async def test_an_assistant_gets_the_events_of_the_section_only(
    ingest: Any, redis_client: Redis
) -> None:
    """Live and in a replay, and of whoever is in it by then."""
    publish(redis_client, ann="A", bob="B")
    mine = ingest.websocket(f"course_id=demo&token={token(('demo', 'A'))}")
    async with connect(mine) as client:
        await followed(client, ingest, "ann")
    async with connect(mine) as client:
        await post(ingest, "bob", "nobody", "ann", "bob", "ann")
        assert await students(client, 2) == ["ann", "ann"]
        publish(redis_client, ann="B", bob="A")
        await followed(client, ingest, "bob")
    async with connect(f"{mine}&after=0-0") as client:
        await post(ingest, "ann", "bob")
        assert set(await students(client, 3)) == {"bob"}


async def test_one_of_several_sections_may_be_chosen(ingest: Any, redis_client: Redis) -> None:
    """An assistant of both gets both, or the named one; so does an instructor."""
    publish(redis_client, ann="A", bob="B", cy="C")
    both = token(("demo", "A"), ("demo", "B"))
    async with connect(ingest.websocket(f"course_id=demo&token={both}")) as client:
        await followed(client, ingest, "ann")
    for query, seen in (
        (f"token={both}", ["ann", "bob"]),
        (f"token={both}&section=B", ["bob"]),
        (f"token={ingest.token('read')}&section=C", ["cy"]),
    ):
        async with connect(ingest.websocket(f"course_id=demo&{query}")) as client:
            await post(ingest, "nobody", "ann", "bob", "cy")
            assert await students(client, len(seen)) == seen


async def test_without_the_rosters_an_assistant_gets_nothing(
    ingest: Any, redis_client: Redis
) -> None:
    """Until it is known who is in the section nobody is; what can't be read changes nothing."""
    redis_client.hset(CONTENTS, "demo", '{"format": 99, "section_of": {"ann": "A"}}')
    redis_client.hset(VERSIONS, "demo", "99")
    mine = ingest.websocket(f"course_id=demo&token={token(('demo', 'A'))}")
    async with connect(f"{mine}&after=0-0") as client:
        await post(ingest, "ann")
        publish(redis_client, bob="A")
        await followed(client, ingest, "bob")


@pytest.mark.parametrize(
    "query",
    ["course_id=demo&section=B", "course_id=other", "course_id=*", "course_id=other&section=A"],
)
async def test_the_rest_is_refused(ingest: Any, query: str) -> None:
    """Another section, another course, and every course: 403."""
    with pytest.raises(InvalidStatus) as refused:
        await connect(ingest.websocket(f"{query}&token={token(('demo', 'A'))}"))
    assert refused.value.response.status_code == 403
