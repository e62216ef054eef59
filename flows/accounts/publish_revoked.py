"""Tells every process which tokens were revoked: from PostgreSQL to the copy on Redis."""

from typing import cast
from uuid import uuid4

from redis import Redis
from sqlalchemy import Engine

from flows.stores.issued_tokens import revoked_ids
from ingest_api.revoked_tokens import REVOKED, VERSION


def publish_revoked(engine: Engine, redis: Redis) -> None:
    """Publish the ids of the revoked tokens, where Redis does not have exactly these.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
        redis.RedisError: Redis does not answer; the worker makes up for it.
    """
    wanted = {each.encode() for each in revoked_ids(engine)}
    there = cast("set[bytes]", redis.smembers(REVOKED))
    if wanted == there and (redis.exists(VERSION) or not wanted):
        return
    with redis.pipeline(transaction=True) as step:
        if gone := there - wanted:
            step.srem(REVOKED, *gone)
        if wanted:
            step.sadd(REVOKED, *wanted)
        step.set(VERSION, uuid4().hex)
        step.execute()
