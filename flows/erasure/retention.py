"""How long a course keeps its students: who has sent nothing for so many days is erased from it.

It counts from a student's last event, or from the enrolment before any. So a course's numbers stay
whole while it is taught, and afterwards everybody leaves every store, as by `cellpulse forget`.
No list of them is needed: a restored backup brings back what is due again.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from redis import Redis
from sqlalchemy import Engine, Integer, cast, func, literal, select, update

from flows.audit.read_log import read_end
from flows.erasure.erase import READERS_SECONDS, Parts, await_stores, erase_rows, write_anew
from flows.erasure.erased import Keys
from flows.erasure.stream import forget_counted
from flows.log.logged_event import position_from_ns
from flows.log.trimmer import LogPinnedError, LogTrimmer
from flows.models import Course, Enrollment, StudentState
from flows.personal_data.gather import Person
from flows.settings import FlowsSettings
from flows.stores import erased_sessions
from flows.stores.courses import CourseSettingsError
from flows.stores.transaction import transaction

#: At once, so that the log is not kept from being trimmed for long.
_AT_ONCE: Final = 50
#: Whose erasure was begun and is not through every store, with its id; it is gone before files are
#: written anew.
_BEGUN: Final = "cellpulse:retention-begun"
_TO_WRITE_ANEW: Final = "cellpulse:retention-to-write-anew"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Retention:
    """How long a course keeps its students; None keeps everybody."""

    course_id: str
    days: int | None


@dataclass(frozen=True)
class Due:
    """A student whose time in a course is over, and when they were there last."""

    person: Person
    last_at: datetime


def set_retention(engine: Engine, course_id: str, days: int | None) -> None:
    """Set how many days a course keeps whoever sends nothing; None keeps everybody.

    Raises:
        CourseSettingsError: There is no such course.
        StoreUnavailableError: PostgreSQL does not answer.
    """
    statement = update(Course).where(Course.course_id == course_id).values(retention_days=days)
    with transaction(engine) as connection:
        if not connection.execute(statement).rowcount:
            raise CourseSettingsError(
                f"there is no course {course_id!r}: 'cellpulse retention' lists all"
            )


def retentions(engine: Engine) -> list[Retention]:
    """Return what is set for each course, by its id.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    query = select(Course.course_id, Course.retention_days).order_by(Course.course_id)
    with transaction(engine) as connection:
        return [Retention(*row) for row in connection.execute(query).all()]


def due(engine: Engine, course_id: str | None = None, days: int | None = None) -> list[Due]:
    """Return whose time is over now, in one course or in all, the longest ago first.

    Args:
        engine: Of PostgreSQL.
        course_id: The only course.
        days: Instead of what is set.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    last_at = func.greatest(Enrollment.enrolled_at, StudentState.last_seen_at)
    kept = Course.retention_days if days is None else literal(days)
    over = last_at < func.now() - func.make_interval(0, 0, 0, cast(kept, Integer))
    same = (StudentState.course_id == Enrollment.course_id) & (
        StudentState.student_id == Enrollment.student_id
    )
    query = (
        select(Enrollment.course_id, Enrollment.student_id, last_at)
        .join(Course, Course.course_id == Enrollment.course_id)
        .outerjoin(StudentState, same)
        .where(kept.is_not(None), over)
        .order_by(last_at)
    )
    if course_id is not None:
        query = query.where(Enrollment.course_id == course_id)
    with transaction(engine) as connection:
        rows = connection.execute(query).all()
    return [Due(Person(course, student), at) for course, student, at in rows]


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


def told(found: Sequence[Due]) -> list[str]:
    """Return one line a course of who is due, for people."""
    courses = sorted({each.person.course_id for each in found})
    lines = []
    for course_id in courses:
        times = [each.last_at for each in found if each.person.course_id == course_id]
        newest = max(times).astimezone(UTC)
        lines.append(
            f"{course_id}: {len(times)} students, who were there last before "
            f"{newest + timedelta(days=1):%Y-%m-%d}"
        )
    return lines
