"""Whether Redis answers, keeps what it was given, and has room for more."""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

from redis import Redis, RedisError

from flows.doctor.finding import Finding, bad, ok, watch
from ingest_api.durability import LossyRedisError, check_durability
from ingest_api.event_log import open_redis

_PART: Final = "redis"
#: What the log's scripts need.
_OLDEST: Final = (6, 2)
_NEARLY_FULL: Final = 0.9


def look_at_redis(redis_url: str | None) -> Iterator[Finding]:
    """Yield what Redis says of itself."""
    if not redis_url:
        yield bad(_PART, "its address is not known", "set CELLPULSE_REDIS_URL")
        return
    with Redis.from_url(redis_url, protocol=2, socket_timeout=3, socket_connect_timeout=3) as redis:
        try:
            found: Any = redis.info()
            asyncio.run(_check_durability(redis_url))
            yield from _troubles(redis, found)
        except LossyRedisError as error:
            yield bad(_PART, str(error), "without that, events that got a 202 can be lost")
        except (RedisError, OSError) as error:
            yield bad(
                _PART,
                f"does not answer ({error})",
                "start it, or correct CELLPULSE_REDIS_URL; hooks keep their events meanwhile",
            )


async def _check_durability(redis_url: str) -> None:
    async with open_redis(redis_url) as redis:
        await check_durability(redis)


def _troubles(redis: Redis, found: Any) -> Iterator[Finding]:
    version = str(found["redis_version"])
    troubles = [
        *_of_version(version),
        *_of_disk(found),
        *_of_fsync(redis),
        *_of_memory(int(found["used_memory"]), int(found.get("maxmemory", 0))),
    ]
    yield from troubles or [ok(_PART, f"{version}, on disk before it answers, evicts nothing")]


def _of_version(version: str) -> Iterator[Finding]:
    known = tuple(int(part) for part in version.split(".")[:2])
    if known < _OLDEST:
        yield bad(_PART, f"is of version {version}", "6.2 or newer is needed: upgrade it")


def _of_disk(found: Any) -> Iterator[Finding]:
    if found.get("aof_last_write_status", "ok") != "ok":
        yield bad(_PART, "can't write to its disk", "give the disk room; Redis' log says more")


def _of_fsync(redis: Redis) -> Iterator[Finding]:
    try:
        told: Any = redis.config_get("appendfsync")
    except RedisError:
        yield watch(
            _PART,
            "does not tell its appendfsync",
            "have whoever runs it confirm 'appendfsync always'",
        )
        return
    policy = {_text(name): _text(value) for name, value in told.items()}.get("appendfsync")
    if policy != "always":
        yield watch(
            _PART,
            f"has appendfsync {policy}: a loss of power can cost the last second's events",
            "set 'appendfsync always'",
        )


def _of_memory(used: int, limit: int) -> Iterator[Finding]:
    if limit and used > _NEARLY_FULL * limit:
        yield watch(
            _PART,
            f"uses {used / limit:.0%} of its memory",
            "raise maxmemory, or see which store lags",
        )


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
