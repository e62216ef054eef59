"""Enrolls the students of a roster in a course, in PostgreSQL."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from flows.enrollment.roster import Entry
from flows.models import Base, Course, Enrollment, Student
from flows.stores.store import StoreUnavailableError

_ROWS_A_STATEMENT: Final = 1_000


@dataclass(frozen=True)
class Outcome:
    """What an enrollment changes.

    Attributes:
        is_new_course: Whether nothing was known of the course before.
        new: Students who were neither enrolled nor seen in the course, with what the roster says.
        changed: Students of whom the roster says something else than before: what it was and is.
        unchanged: How many are as they were.
        others: Students of the course whom the roster does not name; they stay as they are.
    """

    is_new_course: bool
    new: dict[str, Entry]
    changed: dict[str, tuple[Entry, Entry]]
    unchanged: int
    others: int


def enroll(
    engine: Engine, course_id: str, entries: Mapping[str, Entry], *, dry_run: bool = False
) -> Outcome:
    """Enroll students in a course, all in one transaction, and return what that changes.

    What the roster says counts, also where it says that a student has no section any more; what it
    has no column for stays. Nobody is removed: a student's events stay in the course.

    Args:
        engine: Of the master data.
        course_id: The course, which need not be known yet.
        entries: Of a `Roster`.
        dry_run: Only return it.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer, or refuses.
    """
    try:
        with engine.begin() as connection:
            outcome = _compared(connection, course_id, entries)
            if not dry_run:
                changed = outcome.new | {
                    student: after for student, (_, after) in outcome.changed.items()
                }
                _write(connection, course_id, changed)
            return outcome
    except SQLAlchemyError as error:
        raise StoreUnavailableError(f"PostgreSQL: {error}") from error


def _compared(connection: Connection, course_id: str, entries: Mapping[str, Entry]) -> Outcome:
    query = select(Enrollment.__table__).where(Enrollment.course_id == course_id)
    before = {row["student_id"]: row for row in connection.execute(query).mappings()}
    known = {
        student: ({name: before[student][name] for name in entry}, entry)
        for student, entry in entries.items()
        if student in before
    }
    changed = {student: both for student, both in known.items() if both[0] != both[1]}
    course = select(Course.course_id).where(Course.course_id == course_id)
    return Outcome(
        is_new_course=connection.execute(course).first() is None,
        new={student: entry for student, entry in entries.items() if student not in known},
        changed=changed,
        unchanged=len(known) - len(changed),
        others=len(before.keys() - entries.keys()),
    )


def _write(connection: Connection, course_id: str, entries: Mapping[str, Entry]) -> None:
    now = datetime.now(UTC)
    course = {"course_id": course_id}
    # In the order of their foreign keys, and each by its key, as the events' writer has it: so no
    # two can deadlock.
    students = sorted(entries)
    _insert(connection, Course, [course | {"first_seen_at": now}])
    _insert(connection, Student, [{"student_id": each, "first_seen_at": now} for each in students])
    rows = [course | {"student_id": each, "enrolled_at": now} | entries[each] for each in students]
    _insert(connection, Enrollment, rows, update=next(iter(entries.values()), {}))


def _insert(
    connection: Connection,
    model: type[Base],
    rows: list[dict[str, Any]],
    update: Iterable[str] = (),
) -> None:
    """Insert rows; of those that are there, update these columns."""
    for start in range(0, len(rows), _ROWS_A_STATEMENT):
        statement = insert(model).values(rows[start : start + _ROWS_A_STATEMENT])
        values = {name: statement.excluded[name] for name in update}
        connection.execute(
            statement.on_conflict_do_update(index_elements=["course_id", "student_id"], set_=values)
            if values
            else statement.on_conflict_do_nothing()
        )
