"""The addresses of one student's notes and times at work, under `/api/v1`.

Notes are the instructors' own: whoever may read about the whole class may read and write them, a
student's token may not.
"""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path

from analytics import examples
from analytics.access import StudentOf
from analytics.attention.routes import StudentInClass, Who
from analytics.class_marks.routes import Changes
from analytics.routes import COURSE, Lake
from analytics.student import answers as student_answers
from analytics.student import examples as student_examples
from analytics.student.responses import NoteRequest, Notes, Sittings
from flows.stores.notes import MOST_NOTES, add_note, remove_note, restore_note
from ingest_api.problems import Problem, documented_problem

router = APIRouter(prefix="/api/v1", responses=examples.PROBLEMS)
_STUDENT: Final = f"{COURSE}/students/{{student_id:path}}"
_NOTE: Final = f"{_STUDENT}/notes/{{note_id}}"
_FULL: Final = f"there are {MOST_NOTES} notes about the student: remove one first"
_NOTES_EXAMPLE: Final = examples.answer(student_examples.NOTES)

NoteId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="The note, as it was answered.")]


@router.get(f"{_STUDENT}/sittings", responses=examples.answer(student_examples.SITTINGS))
def get_sittings(lake: Lake, student: StudentOf) -> Sittings:
    """Return when a student was at work, what came of it, newest first; the latest 100."""
    return lake.read(lambda connection: student_answers.sittings(connection, *student))


@router.get(f"{_STUDENT}/notes", responses=_NOTES_EXAMPLE)
def get_notes(lake: Lake, student: StudentInClass) -> Notes:
    """Return what instructors noted about a student, newest first."""
    return lake.read(lambda connection: student_answers.notes(connection, *student))


@router.post(
    f"{_STUDENT}/notes",
    responses={**examples.NOT_TEXT, **documented_problem(HTTPStatus.CONFLICT, _FULL)}
    | _NOTES_EXAMPLE,
)
def post_note(
    changes: Changes, lake: Lake, student: StudentInClass, who: Who, asked: NoteRequest
) -> Notes:
    """Note something about a student, for the course's instructors."""
    with changes.to(student[0]) as engine:
        added = add_note(engine, *student, text=asked.text, by=who or asked.by)
    if added is None:
        raise Problem(HTTPStatus.CONFLICT, _FULL)
    return lake.read(lambda connection: student_answers.notes(connection, *student))


@router.delete(_NOTE, responses=_NOTES_EXAMPLE)
def delete_note(changes: Changes, lake: Lake, student: StudentInClass, note_id: NoteId) -> Notes:
    """Remove a note; it can be brought back for ten minutes."""
    with changes.to(student[0]) as engine:
        _require(found=remove_note(engine, *student, note_id))
    return lake.read(lambda connection: student_answers.notes(connection, *student))


@router.post(f"{_NOTE}/restore", responses=_NOTES_EXAMPLE)
def post_restore(changes: Changes, lake: Lake, student: StudentInClass, note_id: NoteId) -> Notes:
    """Bring a note back that was removed."""
    with changes.to(student[0]) as engine:
        _require(found=restore_note(engine, *student, note_id))
    return lake.read(lambda connection: student_answers.notes(connection, *student))


def _require(*, found: bool) -> None:
    if not found:
        raise Problem(
            HTTPStatus.NOT_FOUND, "there is no such note of this student, or not any more"
        )
