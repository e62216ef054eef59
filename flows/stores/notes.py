"""Writes what instructors note about a student."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select, update

from flows.models import StudentNote
from flows.stores.transaction import transaction

#: Most notes about one student of a course.
MOST_NOTES: Final = 200
#: How long a note that was removed can be brought back; the next change after it ends it for good.
KEPT: Final = timedelta(minutes=10)


def add_note(
    engine: Engine, course_id: str, student_id: str, *, text: str, by: str | None
) -> str | None:
    """Keep a note; return its id, or None where there are `MOST_NOTES` already.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer or refuses, as an unknown student.
    """
    with transaction(engine) as connection:
        _forget(connection)
        count = select(func.count()).where(
            *_of(course_id, student_id), StudentNote.removed_at.is_(None)
        )
        if connection.execute(count).scalar_one() >= MOST_NOTES:
            return None
        note_id = uuid4().hex
        values = {"course_id": course_id, "student_id": student_id, "text": text, "written_by": by}
        now = datetime.now(UTC)
        connection.execute(insert(StudentNote).values(note_id=note_id, written_at=now, **values))
        return note_id


def remove_note(engine: Engine, course_id: str, student_id: str, note_id: str) -> bool:
    """Remove a note, which can be brought back for a while; return whether there is such a note.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    return _set_removed(engine, course_id, student_id, note_id, datetime.now(UTC))


def restore_note(engine: Engine, course_id: str, student_id: str, note_id: str) -> bool:
    """Bring a note back that was removed; return whether it is still there.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    return _set_removed(engine, course_id, student_id, note_id, None)


def _set_removed(
    engine: Engine, course_id: str, student_id: str, note_id: str, removed_at: datetime | None
) -> bool:
    with transaction(engine) as connection:
        _forget(connection)
        statement = (
            update(StudentNote)
            .where(*_of(course_id, student_id), StudentNote.note_id == note_id)
            .values(removed_at=removed_at)
        )
        return connection.execute(statement).rowcount > 0


def _of(course_id: str, student_id: str) -> tuple[ColumnElement[bool], ...]:
    return (StudentNote.course_id == course_id, StudentNote.student_id == student_id)


def _forget(connection: Connection) -> None:
    """Delete for good what was removed long enough ago."""
    connection.execute(delete(StudentNote).where(StudentNote.removed_at < datetime.now(UTC) - KEPT))
