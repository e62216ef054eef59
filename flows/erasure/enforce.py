"""Erases from every store whose time in a course is over, at most some at once.

It goes on where it was cut off: who was begun with is kept on Redis until it is through.
"""

import json
import logging
from typing import Any, Final
from uuid import uuid4

from redis import Redis
from sqlalchemy import Engine

from flows.audit.read_log import read_end
from flows.erasure.erase import READERS_SECONDS, Parts, await_stores, erase_rows, write_anew
from flows.erasure.erased import Keys
from flows.erasure.retention import due
from flows.erasure.stream import forget_counted
from flows.log.logged_event import position_from_ns
from flows.log.trimmer import LogPinnedError, LogTrimmer
from flows.personal_data.gather import Person
from flows.settings import FlowsSettings
from flows.stores import erased_sessions

#: At once, so that the log is not kept from being trimmed for long.
_AT_ONCE: Final = 50
#: Whose erasure was begun and is not through every store, with its id; it is gone before files are
#: written anew.
_BEGUN: Final = "cellpulse:retention-begun"
_TO_WRITE_ANEW: Final = "cellpulse:retention-to-write-anew"

logger = logging.getLogger(__name__)


def enforce(
    settings: FlowsSettings,
    engine: Engine,
    redis: Redis,
    readers_seconds: float = READERS_SECONDS,
) -> int:
    """Erase whose time is over, at most 50 at once; return how many.

    Args:
        settings: Where everything is.
        engine: Of PostgreSQL.
        redis: Of the log.
        readers_seconds: How long whoever reads the lake now may go on with files that go.

    Raises:
        StoreUnavailableError: A store does not answer; the next run goes on.
        redis.RedisError: Redis does not answer; the next run goes on.
    """
    erased_sessions.drop_old(engine)
    if not due(engine) and not redis.exists(_BEGUN, _TO_WRITE_ANEW):
        return 0
    parts = Parts(settings, engine, redis, Keys(()), logger.debug, readers_seconds)
    try:
        with LogTrimmer(redis).untrimmed():
            erased = _erase(parts)
            write_anew(parts)
    except LogPinnedError:
        return 0  # a backup runs: the next run does it
    redis.delete(_TO_WRITE_ANEW)
    for course_id in sorted({person.course_id for person in erased}):
        count = sum(person.course_id == course_id for person in erased)
        logger.info("course %s: the time of %d students was over: erased", course_id, count)
    return len(erased)


def _erase(parts: Parts) -> list[Person]:
    redis = parts.redis
    up_to = position_from_ns(read_end(redis).position_ns)
    await_stores(parts, up_to)
    # What was cut off comes first: PostgreSQL may know of them no more, and another store still.
    # And whose time is over is asked again: who has come back by now stays.
    for each in due(parts.engine)[:_AT_ONCE]:
        who = json.dumps([each.person.course_id, each.person.student_id])
        redis.hsetnx(_BEGUN, who, uuid4().hex)
    redis.set(_TO_WRITE_ANEW, 1)
    begun: Any = redis.hgetall(_BEGUN)
    erasures = {Person(*json.loads(who)): each.decode() for who, each in begun.items()}
    for person, erasure_id in erasures.items():
        erase_rows(parts, person, up_to, erasure_id)
    redis.delete(_BEGUN)
    for erasure_id in erasures.values():
        forget_counted(redis, erasure_id)
    return list(erasures)
