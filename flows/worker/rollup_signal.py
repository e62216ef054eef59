"""Tells whoever shows numbers that a store which they come from has moved."""

import json
from collections.abc import Sequence

from redis import Redis

from ingest_api.event_log import ROLLUPS_ADVANCED


def announce_rollups(redis: Redis, position: str, courses: Sequence[str]) -> None:
    """Publish that a store has everything up to `position`, with events of `courses`.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    redis.publish(ROLLUPS_ADVANCED, json.dumps({"position": position, "courses": courses}))
