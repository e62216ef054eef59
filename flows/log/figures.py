"""How much there is in the log, for the operator."""

from typing import Any

from redis import Redis

from ingest_api.event_log import COUNTS, LOG


def event_counts(redis: Redis) -> dict[str, int]:
    """Return how many events were accepted, repeated and refused since the log began.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    counts: Any = redis.hgetall(COUNTS)
    names = ("accepted", "duplicates", "rejected")
    return {name: int(counts.get(name.encode(), 0)) for name in names}


def log_length(redis: Redis) -> int:
    """Return how many events the log holds now.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    return int(redis.xlen(LOG))


def log_bytes(redis: Redis) -> int:
    """Return how many bytes of events the log holds now, as its limit counts them.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    ends: Any = [redis.xrange(LOG, count=1), redis.xrevrange(LOG, count=1)]
    if not all(ends):
        return 0
    (_, oldest), (_, newest) = ends[0][0], ends[1][0]
    first, last = (int(fields.get(b"end_byte", 0)) for fields in (oldest, newest))
    return last - first + len(oldest.get(b"event", b""))
