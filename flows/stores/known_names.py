"""Courses and students that there are, and which of them somebody meant who wrote another name."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from sqlalchemy import Engine, select

from flows.models import Course, Enrollment
from flows.stores.transaction import transaction
from ingest_api.foreseen import ForeseenError

_MOST_NAMED: Final = 3


class UnknownNameError(ForeseenError):
    """Nothing is known of a course or a student; the message names those with nearly this name."""


def require_course(engine: Engine, course_id: str) -> None:
    """Go on only with a course that there is: an answer about another would look like a good one.

    Raises:
        UnknownNameError: There is no such course.
        StoreUnavailableError: PostgreSQL does not answer.
    """
    known = course_ids(engine)
    if course_id not in known:
        raise UnknownNameError(f"there is no course {course_id!r}{meant(course_id, known)}")


def course_ids(engine: Engine) -> list[str]:
    """Return the ids of all courses.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    with transaction(engine) as connection:
        return list(connection.scalars(select(Course.course_id).order_by(Course.course_id)))


def student_ids(engine: Engine, course_id: str | None) -> list[str]:
    """Return the ids of the students of a course, or of all; of pseudonymous ones the pseudonyms.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    query = select(Enrollment.student_id).distinct().order_by(Enrollment.student_id)
    if course_id is not None:
        query = query.where(Enrollment.course_id == course_id)
    with transaction(engine) as connection:
        return list(connection.scalars(query))


def section_names(engine: Engine, course_id: str) -> list[str]:
    """Return the sections of a course in which there is somebody.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    query = select(Enrollment.section).where(
        Enrollment.course_id == course_id, Enrollment.section.is_not(None)
    )
    with transaction(engine) as connection:
        return sorted({str(section) for section in connection.scalars(query)})


def unknown_student(engine: Engine, student_id: str, course_id: str | None) -> UnknownNameError:
    """Return what to raise where nothing is stored about a student of a course, or of any.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    where = "any course" if course_id is None else f"course {course_id!r}"
    near = who_was_meant(engine, student_id, course_id)
    return UnknownNameError(f"nothing is stored about {student_id!r} in {where}{near}")


def who_was_meant(engine: Engine, student_id: str, course_id: str | None) -> str:
    """Return as `meant` does which course was meant, or, where that is right, which student.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    courses = course_ids(engine)
    if course_id is not None and course_id not in courses:
        return meant(course_id, courses)
    return meant(student_id, student_ids(engine, course_id))


def meant(name: str, known: Iterable[str]) -> str:
    """Return the question for which of these names another one stands, as a sentence's end.

    It is '' where none is near. Capitals and small letters are the same here.
    """
    by_small_letters = {each.casefold(): each for each in known if each != name}
    near = get_close_matches(name.casefold(), by_small_letters, _MOST_NAMED)
    if not near:
        return ""
    return ": did you mean " + " or ".join(repr(by_small_letters[each]) for each in near) + "?"
