"""Answers about one student: notes by instructors, and earlier times at work."""

from datetime import UTC, datetime
from typing import Final

from duckdb import DuckDBPyConnection as Lake

from analytics.answers import require_member
from analytics.past import as_of
from analytics.queries.query import load_query
from analytics.student.responses import Note, Notes, Sitting, Sittings
from flows.stores.notes import KEPT

#: Most sittings of one answer.
SITTINGS_LIMIT: Final = 100


def notes(lake: Lake, course_id: str, student_id: str) -> Notes:
    """Return what was noted about a student, newest first.

    Raises:
        Problem: 404 for an unknown course or student.
    """
    require_member(lake, course_id, student_id)
    removed_since = datetime.now(UTC) - KEPT
    rows = load_query("student_notes").rows(
        lake, course_id=course_id, student_id=student_id, removed_since=removed_since
    )
    return Notes(
        course_id=course_id,
        student_id=student_id,
        notes=[Note.model_validate(row) for row in rows if row["removed_at"] is None],
        removed=[Note.model_validate(row) for row in rows if row["removed_at"] is not None],
    )


def sittings(lake: Lake, course_id: str, student_id: str) -> Sittings:
    """Return when a student was at work, newest first.

    Raises:
        Problem: 404 for an unknown course or student.
    """
    require_member(lake, course_id, student_id)
    rows = load_query("student_sittings").rows(
        lake, course_id=course_id, student_id=student_id, row_limit=SITTINGS_LIMIT
    )
    return Sittings(
        as_of=as_of(lake, datetime.now(UTC), "lake"),
        course_id=course_id,
        student_id=student_id,
        sittings=[Sitting.model_validate(row) for row in rows],
    )
