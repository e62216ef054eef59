"""Tells whoever shows numbers that a store which they come from has moved."""

import json
from collections.abc import Sequence
from typing import Final

from redis import Redis

from flows.log.batch import Batch
from flows.log.logged_event import START, position_ns
from flows.log.reader import LogReader
from ingest_api.event_log import ROLLUPS_ADVANCED

#: A store that is further behind is not waited for.
_WAITED_FOR_SECONDS: Final = 2.0


def announce_rollups(redis: Redis, position: str, courses: Sequence[str]) -> None:
    """Publish that a store has everything up to `position`, with events of `courses`.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    redis.publish(ROLLUPS_ADVANCED, json.dumps({"position": position, "courses": courses}))


def announce_batch(redis: Redis, log: LogReader, batch: Batch, other: str) -> None:
    """Announce a batch that a store has committed, unless the `other` one is about to.

    Answers need both: who asked after the first would ask again after the second. Whichever comes
    last to an event finds that the other has it, so one of them announces it in any case.

    Args:
        redis: Where it is announced.
        log: Tells how far the other one is.
        batch: The log has this store's position behind it.
        other: The other store that answers are made of.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    if batch.events and not _is_awaited(log, batch.events[0].position_ns, other):
        courses = sorted({event.event.course_id for event in batch.events})
        announce_rollups(redis, batch.position, courses)


def _is_awaited(log: LogReader, first_ns: int, store: str) -> bool:
    """Tell whether a store has none of the events from `first_ns` on, and soon has them all."""
    position = log.committed().get(store, START)
    return position_ns(position) < first_ns and log.lag(position).seconds < _WAITED_FOR_SECONDS
