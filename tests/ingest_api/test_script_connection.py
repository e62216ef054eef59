"""The connection that runs a script, on a real Redis that misbehaves."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from flows.embedded.part import free_port
from flows.embedded.redis_server import redis_part
from ingest_api.event_log import open_redis
from ingest_api.script_connection import ScriptConnection

ECHO = "return {ARGV[1], #KEYS}"


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    """Return a client that waits half a second for an answer."""
    async with open_redis(redis_url, timeout_seconds=0.5) as client:
        yield client


async def test_it_returns_what_the_script_returns(client: Redis) -> None:
    """Each of many that ask at once gets its own answer, also when Redis forgot the script."""
    run = ScriptConnection(client, ECHO)
    asked = [asyncio.create_task(run(["k"], [str(number)])) for number in range(50)]
    assert await asyncio.gather(*asked) == [[b"%d" % number, 1] for number in range(50)]
    await client.script_flush()
    assert await run([], [b"\xff again"]) == [b"\xff again", 0]


async def test_a_refusal_is_an_error_of_the_client(client: Redis) -> None:
    """What the script refuses is raised, and the connection goes on."""
    run = ScriptConnection(client, "if ARGV[1] == '' then return redis.error_reply('NO') end")
    with pytest.raises(ResponseError, match="NO"):
        await run([], [""])
    assert await run([], ["x"]) is None


async def test_it_connects_anew(client: Redis, redis_client: "redis.Redis[str]") -> None:
    """A connection that Redis has closed fails once at the most, and is then another one."""
    run = ScriptConnection(client, ECHO)
    before = await run([], ["1"])
    redis_client.client_kill_filter(_type="normal", skipme=True)
    try:
        again = await run([], ["1"])
    except RedisConnectionError:
        again = await run([], ["1"])
    assert again == before


async def test_nobody_waits_for_ever(client: Redis, redis_client: "redis.Redis[str]") -> None:
    """A Redis that stands still is given up in time, and no late answer is taken for another's."""
    run = ScriptConnection(client, ECHO)
    await run([], ["1"])
    redis_client.client_pause(60_000, all=False)  # a script may write, and so has to wait
    try:
        with pytest.raises(RedisTimeoutError):
            await run([], ["2"])
    finally:
        redis_client.client_unpause()
    assert await run([], ["3"]) == [b"3", 0]


async def test_who_has_gone_gets_no_answer(client: Redis) -> None:
    """An answer for somebody who no longer waits is dropped, and the next one is right."""
    run = ScriptConnection(client, ECHO)
    await run([], ["1"])
    gone = asyncio.create_task(run([], ["2"]))
    await asyncio.sleep(0)
    gone.cancel()
    assert await run([], ["3"]) == [b"3", 0]


async def test_it_comes_back_with_redis(running: Callable[..., Any], tmp_path: Path) -> None:
    """However often it was asked meanwhile, and each of them was told."""
    port = free_port()
    part = redis_part(tmp_path, "127.0.0.1", port)
    async with open_redis(f"redis://127.0.0.1:{port}/0") as client:
        run = ScriptConnection(client, ECHO)
        with running(part, tmp_path / "log"):
            assert await run([], ["1"]) == [b"1", 0]
        for _ in range(3):
            with pytest.raises(RedisConnectionError):
                await run([], ["2"])
        with running(part, tmp_path / "log"):
            assert await run([], ["3"]) == [b"3", 0]


async def test_a_redis_that_is_away_is_said_to_be() -> None:
    """Without Redis the error is the client's own."""
    async with open_redis(f"redis://127.0.0.1:{free_port()}/0") as client:
        with pytest.raises(RedisConnectionError):
            await ScriptConnection(client, ECHO)([], ["1"])


async def test_closing_the_client_ends_it(redis_url: str) -> None:
    """Whoever waits as the client is closed is told, and closing does not hang."""
    client = open_redis(redis_url)
    run = ScriptConnection(client, ECHO)
    await run([], ["1"])
    await asyncio.wait_for(client.aclose(), 30)
    assert await run([], ["2"]) == [b"2", 0]
    await client.aclose()
