"""Who is in which section: from the rosters in PostgreSQL to the copy on Redis for the edge."""

from typing import cast

from redis import Redis
from sqlalchemy import Engine, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from flows.models import Enrollment
from ingest_api.course_sections import CONTENTS, VERSIONS, SectionsOfStudents

_OF_A_SECTION = Enrollment.section.is_not(None)
#: Ids have no line breaks, so that the same text means the same sections.
_VERSION = func.md5(
    func.string_agg(
        Enrollment.student_id + "\n" + Enrollment.section,
        aggregate_order_by(literal("\n"), Enrollment.student_id),
    )
)


def publish_sections(engine: Engine, redis: Redis) -> None:
    """Publish the sections of each course of which Redis does not have them as PostgreSQL has.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: PostgreSQL does not answer.
        redis.RedisError: Redis does not answer; the worker makes up for it.
    """
    published = cast("dict[bytes, bytes]", redis.hgetall(VERSIONS))
    query = select(Enrollment.course_id, _VERSION).where(_OF_A_SECTION)
    with engine.connect() as connection:
        rows = connection.execute(query.group_by(Enrollment.course_id))
        versions = {course_id: str(version) for course_id, version in rows}
        for course_id, version in versions.items():
            if published.get(course_id.encode()) != version.encode():
                students = select(Enrollment.student_id, Enrollment.section).where(
                    Enrollment.course_id == course_id, _OF_A_SECTION
                )
                section_of = {each: str(section) for each, section in connection.execute(students)}
                _put(redis, course_id, version, SectionsOfStudents(section_of=section_of))
    gone = [course for course in published if course.decode() not in versions]
    if gone:
        redis.hdel(VERSIONS, *gone)
        redis.hdel(CONTENTS, *gone)


def _put(redis: Redis, course_id: str, version: str, sections: SectionsOfStudents) -> None:
    with redis.pipeline(transaction=True) as step:
        step.hset(CONTENTS, course_id, sections.model_dump_json())
        step.hset(VERSIONS, course_id, version)
        step.execute()
