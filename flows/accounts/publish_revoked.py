"""Tells every process which tokens were revoked: from PostgreSQL to the copy on Redis."""

from typing import cast
from uuid import uuid4

from redis import Redis
from sqlalchemy import Engine

from flows.accounts.sign_out import end_own_pages
from flows.stores.issued_tokens import KnownToken, revoked_ids
from flows.stores.known_names import course_ids
from ingest_api.revoked_tokens import REVOKED, VERSION
from ingest_api.tokens import ALL_COURSES


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


def tell_revoked(engine: Engine, redis: Redis, token: KnownToken) -> None:
    """Tell every process that a token was revoked; a student's own page closes with the token.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
        redis.RedisError: Redis does not answer; the worker makes up for the token, not the page.
    """
    publish_revoked(engine, redis)
    if token.student_id is None:
        return
    every_course = token.course_id == ALL_COURSES
    for course_id in course_ids(engine) if every_course else [token.course_id]:
        end_own_pages(redis, course_id, token.student_id)
