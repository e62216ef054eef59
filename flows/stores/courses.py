"""Writes what an admin says of a course: that there is one, its settings."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypedDict

from sqlalchemy import Engine, select, update
from sqlalchemy.dialects.postgresql import insert

from flows.models import Course
from flows.stores.transaction import transaction
from ingest_api.foreseen import ForeseenError


class CourseSettingsError(ForeseenError):
    """There is no such course, or there is one already; the message says what to do."""


class CourseChanges(TypedDict, total=False):
    """What is set of a course: None takes it away, and what is not here stays as it is."""

    title: str | None
    time_zone: str | None
    retention_days: int | None


@dataclass(frozen=True)
class KnownCourse:
    """What is set of a course; see `flows.models.Course`."""

    title: str | None
    time_zone: str | None
    retention_days: int | None


def make_course(engine: Engine, course_id: str, title: str | None, time_zone: str | None) -> None:
    """Make a course before its first event.

    Raises:
        CourseSettingsError: There is one of this id.
        StoreUnavailableError: PostgreSQL does not answer.
    """
    values = {"course_id": course_id, "title": title, "time_zone": time_zone}
    statement = insert(Course).values(first_seen_at=datetime.now(UTC), **values)
    made = statement.on_conflict_do_nothing().returning(Course.course_id)
    with transaction(engine) as connection:
        if connection.execute(made).first() is None:
            raise CourseSettingsError(
                f"there is a course {course_id!r} already: choose it to change it"
            )


def set_course(engine: Engine, course_id: str, changes: CourseChanges) -> KnownCourse:
    """Set what is to change of a course, and return what is set then.

    Raises:
        CourseSettingsError: There is no such course.
        StoreUnavailableError: PostgreSQL does not answer.
    """
    of_course = Course.course_id == course_id
    query = select(Course.title, Course.time_zone, Course.retention_days).where(of_course)
    with transaction(engine) as connection:
        if changes:
            connection.execute(update(Course).where(of_course).values(**changes))
        row = connection.execute(query).one_or_none()
    if row is None:
        raise CourseSettingsError(f"there is no course {course_id!r}: make it first")
    return KnownCourse(*row)
