"""How long a course keeps its students: who has sent nothing for so many days is erased from it.

It counts from a student's last event, or from the enrolment before any. So a course's numbers stay
whole while it is taught, and afterwards everybody leaves every store, as by `cellpulse forget`.
No list of them is needed: a restored backup brings back what is due again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, Integer, cast, func, literal, select, update

from flows.models import Course, Enrollment, StudentState
from flows.personal_data.gather import Person
from flows.stores.courses import CourseSettingsError
from flows.stores.transaction import transaction


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
