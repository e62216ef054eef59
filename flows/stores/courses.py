"""Writes what an admin says of a course: that there is one, its settings."""

from datetime import UTC, datetime

from sqlalchemy import Engine, update
from sqlalchemy.dialects.postgresql import insert

from flows.models import Course
from flows.stores.transaction import transaction


class CourseSettingsError(Exception):
    """There is no such course, or there is one already; the message says what to do."""


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


def set_course(
    engine: Engine,
    course_id: str,
    title: str | None,
    time_zone: str | None,
    retention_days: int | None,
) -> None:
    """Set a course's title, time zone and days of retention; None takes each away.

    Raises:
        CourseSettingsError: There is no such course.
        StoreUnavailableError: PostgreSQL does not answer.
    """
    statement = update(Course).where(Course.course_id == course_id)
    values = {"title": title, "time_zone": time_zone, "retention_days": retention_days}
    with transaction(engine) as connection:
        changed = connection.execute(statement.values(values))
        if not changed.rowcount:
            raise CourseSettingsError(f"there is no course {course_id!r}: make it first")
