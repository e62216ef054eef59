"""What courses tell their students: from PostgreSQL to the edge, and who has seen it back."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast

from redis import Redis
from sqlalchemy import Engine, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert

from flows.models import Course, CourseNotice, Enrollment, NoticeSeen
from flows.stores.courses import CourseSettingsError
from flows.stores.transaction import transaction
from ingest_api.notices import CONTENTS, VERSIONS, Notice, forget_recorded, to_record

DEFAULT_ENGLISH: Final = """\
About this course's recording (Cellpulse)
Each cell that you run here is recorded: when, in which exercise, whether it worked, the error's \
text and how long it took. Your code and its output only if the course has switched that on. \
Your instructors see it during class, to help whoever is stuck; it gives no grade.
%cellpulse show - what is sent    %cellpulse pause - stop in this notebook
%cellpulse me - your own page: what is known of you, switches, a copy, deletion"""
DEFAULT_JAPANESE: Final = """\
この授業での記録について (Cellpulse)
ここで実行したセルごとに、日時、課題、成功したかどうか、エラーの文、かかった時間が記録されます。\
コードと出力は、授業で設定されている場合にだけ記録されます。つまずいている人を助けるために\
授業中に担当者が見るもので、成績にはなりません。
%cellpulse show - 送信された内容    %cellpulse pause - このノートブックで止める
%cellpulse me - 自分のページ (記録の確認、設定、コピー、削除の希望)"""


@dataclass(frozen=True)
class CourseState:
    """A course's notice, if it has one, and how many of its students have seen it."""

    course_id: str
    version: str | None
    seen: int
    students: int


def set_notice(engine: Engine, course_id: str, english: str, japanese: str) -> str:
    """Set what a course tells its students; return its version, which the texts make.

    Raises:
        CourseSettingsError: There is no such course.
        StoreUnavailableError: PostgreSQL does not answer.
    """
    version = hashlib.sha256(f"{english}\0{japanese}".encode()).hexdigest()[:12]
    values = {"version": version, "english": english, "japanese": japanese}
    values_then = values | {"set_at": datetime.now(UTC)}
    with transaction(engine) as connection:
        known = select(Course.course_id).where(Course.course_id == course_id)
        if connection.execute(known).first() is None:
            raise CourseSettingsError(
                f"there is no course {course_id!r}: 'cellpulse notice' lists all"
            )
        statement = insert(CourseNotice).values(course_id=course_id, **values_then)
        connection.execute(
            statement.on_conflict_do_update(index_elements=["course_id"], set_=values_then)
        )
    return version


def take_away(engine: Engine, course_id: str) -> None:
    """Have a course tell nothing; who has seen what stays recorded.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    with transaction(engine) as connection:
        connection.execute(delete(CourseNotice).where(CourseNotice.course_id == course_id))


def states(engine: Engine) -> Sequence[CourseState]:
    """Return each course's notice, by the course's id.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    seen = (
        select(func.count())
        .where(NoticeSeen.course_id == Course.course_id, NoticeSeen.version == CourseNotice.version)
        .scalar_subquery()
    )
    students = (
        select(func.count()).where(Enrollment.course_id == Course.course_id).scalar_subquery()
    )
    query = (
        select(Course.course_id, CourseNotice.version, seen, students)
        .outerjoin(CourseNotice, CourseNotice.course_id == Course.course_id)
        .order_by(Course.course_id)
    )
    with transaction(engine) as connection:
        return [CourseState(*row) for row in connection.execute(query).all()]


def publish_notices(engine: Engine, redis: Redis) -> None:
    """Publish each notice of which Redis does not have what PostgreSQL has.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
        redis.RedisError: Redis does not answer; the worker makes up for it.
    """
    published = cast("dict[bytes, bytes]", redis.hgetall(VERSIONS))
    with transaction(engine) as connection:
        rows = connection.execute(select(CourseNotice.__table__)).all()
    for row in rows:
        if published.get(row.course_id.encode()) != row.version.encode():
            notice = Notice(version=row.version, english=row.english, japanese=row.japanese)
            with redis.pipeline(transaction=True) as step:
                step.hset(CONTENTS, row.course_id, notice.model_dump_json())
                step.hset(VERSIONS, row.course_id, row.version)
                step.execute()
    gone = [each for each in published if each.decode() not in {row.course_id for row in rows}]
    if gone:
        redis.hdel(VERSIONS, *gone)
        redis.hdel(CONTENTS, *gone)


def record_seen(engine: Engine, redis: Redis) -> None:
    """Record who has seen which notice; who is in no course yet waits for the first event.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
        redis.RedisError: Redis does not answer; the worker makes up for it.
    """
    for (course_id, student_id), seen in sorted(to_record(redis).items()):
        is_enrolled = exists().where(
            Enrollment.course_id == course_id, Enrollment.student_id == student_id
        )
        with transaction(engine) as connection:
            if not connection.execute(select(is_enrolled)).scalar_one():
                continue
            values = {
                "course_id": course_id,
                "student_id": student_id,
                "version": seen.version,
                "seen_at": seen.seen_at,
            }
            connection.execute(insert(NoticeSeen).values(values).on_conflict_do_nothing())
        forget_recorded(redis, course_id, student_id)
