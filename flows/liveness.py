"""Whether the processes live that have no address to ask: they note it in Redis."""

from typing import Final

from redis import Redis

#: How long a process counts as alive after it said so.
ALIVE_SECONDS: Final = 6


def say_alive(redis: Redis, process: str) -> None:
    """Note that a process which has no address lives, for the next seconds.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    redis.set(_alive_key(process), "1", ex=ALIVE_SECONDS)


def is_alive(redis: Redis, process: str) -> bool:
    """Tell whether a process said so in the last seconds.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    # A note that lasts longer was made before Redis' clock jumped back.
    return 0 < int(redis.pttl(_alive_key(process))) <= ALIVE_SECONDS * 1000


def _alive_key(process: str) -> str:
    return f"cellpulse:alive:{process}"
