"""Which courses are pseudonymous: kept in PostgreSQL, published to the edge.

A course is made so before anything is known of anybody in it, and stays so: the pseudonyms are in
every store, and nothing there can turn them back.
"""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from redis import Redis
from sqlalchemy import Engine, select, update
from sqlalchemy.dialects.postgresql import insert

from flows.log.logged_event import START
from flows.log.rejected import RejectedStream
from flows.models import Course, Enrollment, IssuedToken, PseudonymousCourse
from flows.stores.attention import position_of
from flows.stores.transaction import transaction
from ingest_api.event_log import LOG
from ingest_api.foreseen import ForeseenError
from ingest_api.notices import SEEN
from ingest_api.preferences import PREFERENCES
from ingest_api.pseudonym import PseudonymKey, is_pseudonym
from ingest_api.pseudonymous_courses import (
    LOOK_SECONDS,
    PSEUDONYMOUS,
    Published,
    WrongPseudonymKeyError,
    require_key,
)

#: Until every ingest knows, and what one had begun is in the log.
_SETTLE_SECONDS: Final = 3 * LOOK_SECONDS
_PAGE: Final = 1_000


class PseudonymError(ForeseenError):
    """What is asked for can't be done with a pseudonymous course; the message says what to do."""


def pseudonymous_courses(engine: Engine) -> dict[str, str]:
    """Return each pseudonymous course's check value; '' where it was made anonymous for good.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    query = select(PseudonymousCourse.course_id, PseudonymousCourse.key_check)
    with transaction(engine) as connection:
        return {row.course_id: row.key_check for row in connection.execute(query)}


def publish_pseudonymous(engine: Engine, redis: Redis) -> None:
    """Publish the pseudonymous courses where Redis does not have exactly these.

    They are published where there are none too: an ingest with a key waits for it.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
        redis.RedisError: Redis does not answer; the worker makes up for it.
    """
    courses = dict(sorted(pseudonymous_courses(engine).items()))
    text = Published(courses=courses).model_dump_json().encode()
    if redis.get(PSEUDONYMOUS) != text:
        redis.set(PSEUDONYMOUS, text)


def require_ordinary(engine: Engine, course_id: str, what: str) -> None:
    """Go on only with a course that is not pseudonymous.

    Raises:
        PseudonymError: It is, and `what` is not done in such a course.
        StoreUnavailableError: PostgreSQL does not answer.
    """
    if course_id in pseudonymous_courses(engine):
        raise PseudonymError(f"the course {course_id!r} is pseudonymous: {what}")


def make_pseudonymous(
    engine: Engine,
    redis: Redis,
    key: PseudonymKey,
    course_id: str,
    settle: Callable[[float], None] = time.sleep,
) -> None:
    """Make a course pseudonymous, before anything is known of anybody in it.

    An ingest that does not know yet could take an event meanwhile: it is looked for again once
    each knows, and if there is one, all is as it was.

    Raises:
        PseudonymError: It is too late, or another course has another key.
        StoreUnavailableError: PostgreSQL does not answer.
        redis.RedisError: Redis does not answer.
    """
    known = pseudonymous_courses(engine)
    if course_id in known:
        raise PseudonymError(f"the course {course_id!r} is pseudonymous already")
    try:
        require_key(known, key)
    except WrongPseudonymKeyError as error:
        raise PseudonymError(str(error)) from error
    _require_unused(engine, redis, course_id)
    now = datetime.now(UTC)
    with transaction(engine) as connection:
        values = {"course_id": course_id, "first_seen_at": now}
        connection.execute(insert(Course).values(values).on_conflict_do_nothing())
        marked = {"course_id": course_id, "key_check": key.check, "since": now}
        connection.execute(insert(PseudonymousCourse).values(marked))
    publish_pseudonymous(engine, redis)
    settle(_SETTLE_SECONDS)
    try:
        _require_unused(engine, redis, course_id)
    except PseudonymError:
        # No ingest forgets what it knows, so the course is closed rather than opened again.
        close_course(engine, redis, course_id)
        raise


def close_course(engine: Engine, redis: Redis, course_id: str) -> None:
    """Make a pseudonymous course anonymous for good: it takes nothing of anybody any more.

    Raises:
        PseudonymError: It is not pseudonymous.
        StoreUnavailableError: PostgreSQL does not answer.
        redis.RedisError: Redis does not answer; the worker makes up for it.
    """
    of_course = PseudonymousCourse.course_id == course_id
    statement = update(PseudonymousCourse).where(of_course).values(key_check="")
    with transaction(engine) as connection:
        if not connection.execute(statement).rowcount:
            raise PseudonymError(f"the course {course_id!r} is not pseudonymous")
    publish_pseudonymous(engine, redis)


def _require_unused(engine: Engine, redis: Redis, course_id: str) -> None:
    """Go on only where nothing is kept of anybody of the course under the own id.

    Raises:
        PseudonymError: Something is.
    """
    kept = (
        *_of_course(engine, Enrollment, course_id),
        *_not_stored_yet(engine, redis, course_id),
        *_on_redis(redis, course_id),
    )
    if not all(map(is_pseudonym, kept)):
        raise PseudonymError(
            f"the course {course_id!r} has events or students already, under their own ids: take "
            "another id for a pseudonymous course, and say it before its first event and roster"
        )
    if not all(map(is_pseudonym, _of_course(engine, IssuedToken, course_id))):
        raise PseudonymError(
            f"tokens of students of the course {course_id!r} were handed out already, and are "
            "recorded under their own ids: take another id for a pseudonymous course"
        )
    set_aside = (_event(entry.raw) for entry in RejectedStream(redis).all())
    if any(event.get("course_id") == course_id for event in set_aside):
        raise PseudonymError(
            f"something of the course {course_id!r} was set aside: 'cellpulse rejected' lists it; "
            "drop it first"
        )


def _of_course(
    engine: Engine, model: type[Enrollment] | type[IssuedToken], course_id: str
) -> list[str]:
    query = select(model.student_id).where(
        model.course_id == course_id, model.student_id.is_not(None)
    )
    with transaction(engine) as connection:
        return [str(student_id) for student_id in connection.scalars(query)]


def _not_stored_yet(engine: Engine, redis: Redis, course_id: str) -> Iterator[str]:
    """Yield whose events of the course the log has that PostgreSQL has yet to get."""
    after = f"({position_of(engine) or START}"
    while True:
        page: Any = redis.xrange(LOG, min=after, count=_PAGE)
        if not page:
            return
        for _, fields in page:
            event = _event(fields.get(b"event", b""))
            if event.get("course_id") == course_id:
                yield str(event.get("student_id"))
        after = f"({page[-1][0].decode()}"


def _on_redis(redis: Redis, course_id: str) -> Iterator[str]:
    """Yield who of the course has set or seen something before any event."""
    for kept in (PREFERENCES, SEEN):
        fields: Any = redis.hkeys(kept)
        for course, student in map(json.loads, fields):
            if course == course_id:
                yield str(student)


def _event(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
