"""The addresses of instructors' marks, under `/api/v1`: what they noted about moments of class.

Whoever may read about a whole class may set and remove them, as with the attention list; an
assistant of some sections may read them, as they are about no student.
"""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request

from analytics import examples
from analytics.access import ClassOf, ClassReader, CourseOf
from analytics.answers import require_member
from analytics.attention.routes import Who
from analytics.class_marks import answers as class_marks_answers
from analytics.class_marks import examples as class_marks_examples
from analytics.class_marks.responses import (
    ClassMark,
    ClassMarkRemoved,
    ClassMarkRequest,
    ClassMarks,
    ClassMarkSet,
)
from analytics.course_changes import CourseChanges
from analytics.parameters import MarkId, SeenFrom, SeenTo, require_span
from analytics.routes import COURSE, Lake
from flows.stores import class_marks
from ingest_api.problems import Problem

#: How far another machine's clock may be ahead.
_AHEAD: Final = timedelta(minutes=1)

router = APIRouter(prefix="/api/v1", responses={**examples.PROBLEMS, **examples.NOT_TEXT})


async def _changes(request: Request) -> Any:
    return request.app.state.changes


Changes = Annotated[CourseChanges, Depends(_changes)]


@router.get(f"{COURSE}/marks", responses=examples.answer(class_marks_examples.MARKS))
def get_marks(
    lake: Lake, _: ClassReader, of: CourseOf, start: SeenFrom = None, until: SeenTo = None
) -> ClassMarks:
    """Return what instructors noted about moments of class."""
    _, course_id = of
    require_span(start, until)
    return lake.read(
        lambda connection: class_marks_answers.marks(connection, course_id, start, until)
    )


@router.post(f"{COURSE}/marks", responses=examples.answer(class_marks_examples.MARK_SET))
def post_mark(
    lake: Lake, changes: Changes, course_id: ClassOf, who: Who, asked: ClassMarkRequest
) -> ClassMarkSet:
    """Note something about a moment of class, by default this one; all instructors see it."""
    now = datetime.now(UTC)
    at = min(asked.at or now, now)
    if asked.at is not None and asked.at > now + _AHEAD:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, "'at' must not lie in the future: leave it out for now"
        )
    lake.read(lambda connection: require_member(connection, course_id))
    by = who or asked.by
    with changes.to(course_id) as engine:
        mark_id = class_marks.set_mark(engine, course_id, asked.text, at=at, set_at=now, by=by)
    mark = ClassMark(mark_id=mark_id, at=at, text=asked.text, set_at=now, set_by=by)
    return ClassMarkSet(course_id=course_id, mark=mark)


@router.delete(
    f"{COURSE}/marks/{{mark_id}}", responses=examples.answer(class_marks_examples.MARK_REMOVED)
)
def delete_mark(
    lake: Lake, changes: Changes, course_id: ClassOf, who: Who, mark_id: MarkId
) -> ClassMarkRemoved:
    """Take a mark back; POST it again, with its `at`, to undo that."""
    lake.read(lambda connection: require_member(connection, course_id))
    with changes.to(course_id) as engine:
        is_known = class_marks.remove_mark(engine, course_id, mark_id, by=who)
    if not is_known:
        raise Problem(
            HTTPStatus.NOT_FOUND, "there is no such mark in this course: GET its /marks lists them"
        )
    return ClassMarkRemoved(course_id=course_id, mark_id=mark_id)
