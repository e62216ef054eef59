"""Whether the Redis behind the log keeps what it was given: else 202 is a false promise."""

import asyncio
import logging
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ingest_api.event_log import EventLog

logger = logging.getLogger(__name__)
_AGAIN_SECONDS: Final = 2.0
_ALLOW: Final = "or set CELLPULSE_LOSSY_REDIS=1 to take the loss"


class LossyRedisError(Exception):
    """Redis may lose events that it has taken; the message says what to change."""


async def check_durability(redis: Redis) -> None:
    """Ask Redis whether it writes to disk and never evicts.

    Raises:
        LossyRedisError: It may lose what it was given.
        redis.RedisError: Redis does not answer.
    """
    found: Any = await redis.info("memory") | await redis.info("persistence")
    policy = found.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise LossyRedisError(
            f"Redis evicts data when its memory is full (maxmemory-policy {policy}): set it to "
            f"noeviction, {_ALLOW}"
        )
    if not found.get("aof_enabled"):
        raise LossyRedisError(
            "Redis keeps events in memory only: set 'appendonly yes' and 'appendfsync always', "
            f"{_ALLOW}"
        )


async def guard_durability(redis: Redis, log: EventLog, *, may_be_lossy: bool) -> None:
    """Keep `log` within Redis' memory, and events out of a lossy Redis as long as it is that.

    It goes on asking: an operator can change Redis while it runs. A Redis that is away is waited
    for.

    Args:
        redis: The Redis behind `log`.
        log: Refuses events while its `fault` is set.
        may_be_lossy: Whether the operator takes the loss.
    """
    asked = False
    while True:
        try:
            if not may_be_lossy:
                await check_durability(redis)
            memory: Any = await redis.info("memory")
            log.fit_into(int(memory.get("maxmemory", 0)))
        except LossyRedisError as error:
            if log.fault is None:
                logger.error("no events are accepted: %s", error)  # noqa: TRY400 - foreseen
            log.fault = str(error)
        except (RedisError, OSError) as error:
            if not asked and not may_be_lossy:
                logger.warning("Redis can't be asked yet whether it is durable: %s", error)
                log.fault = "Redis does not answer"
        else:
            log.fault, asked = None, True
        await asyncio.sleep(_AGAIN_SECONDS)
