"""The addresses of error clusters and the attention list, under `/api/v1`.

Whoever may read about a whole class may also set its thresholds, snooze and mark its students: it
is the instructor's own token, and nothing that students sent can be changed by it. An assistant may
snooze and mark the students of their sections. A student's token may not, nor one of scope
`ingest`.
"""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from analytics import examples
from analytics.access import ClassOf, ClassReader, CourseOf, PartOf, StudentOf
from analytics.answers import require_member
from analytics.attention import answers as attention_answers
from analytics.attention import examples as attention_examples
from analytics.attention.responses import (
    Attention,
    AttentionThresholds,
    ErrorClusters,
    Marked,
    MarkRequest,
    Snooze,
    Snoozed,
    SnoozeRequest,
    Thresholds,
)
from analytics.attention.writer import AttentionWriter
from analytics.parameters import (
    LastMinutes,
    MarkedAt,
    OnlyExercise,
    SeenFrom,
    SeenTo,
    require_span,
)
from analytics.routes import COURSE, AsOfNs, Lake
from ingest_api.problems import Problem

router = APIRouter(
    prefix="/api/v1",
    responses={
        **examples.PROBLEMS,
        **examples.NOT_TEXT,
    },
)
_MARK = f"{COURSE}/attention/{{student_id:path}}/mark"
_SNOOZE = f"{COURSE}/attention/{{student_id:path}}/snooze"


async def _writer(request: Request) -> Any:
    return request.app.state.attention


Writer = Annotated[AttentionWriter, Depends(_writer)]


def _student_in_class(lake: Lake, _: ClassReader, student: StudentOf) -> tuple[str, str]:
    lake.read(lambda connection: require_member(connection, *student))
    return student


async def _who(grant: ClassReader) -> str | None:
    return grant.signed_in.account if grant.signed_in else None


#: The name with which one signed in; null with a token that was handed out.
Who = Annotated[str | None, Depends(_who)]
StudentInClass = Annotated[tuple[str, str], Depends(_student_in_class)]


@router.get(
    f"{COURSE}/error_clusters", responses=examples.answer(attention_examples.ERROR_CLUSTERS)
)
def get_error_clusters(
    lake: Lake,
    part: PartOf,
    as_of_ns: AsOfNs,
    minutes: LastMinutes = 60,
    start: SeenFrom = None,
    until: SeenTo = None,
    exercise: OnlyExercise = None,
) -> ErrorClusters:
    """Return which failures students share: who, since when, and how others got past them."""
    require_span(start, until)
    return lake.answer(
        attention_answers.error_clusters, part, minutes, (start, until), as_of_ns, exercise
    )


@router.get(f"{COURSE}/attention", responses=examples.answer(attention_examples.ATTENTION))
def get_attention(lake: Lake, part: PartOf, as_of_ns: AsOfNs) -> Attention:
    """Return who needs a person, most urgent first, each with reasons that can be checked."""
    return lake.answer(attention_answers.attention, *part, as_of_ns)


@router.get(
    f"{COURSE}/attention/thresholds", responses=examples.answer(attention_examples.THRESHOLDS)
)
def get_thresholds(lake: Lake, _: ClassReader, of: CourseOf) -> AttentionThresholds:
    """Return from when on each reason counts."""
    _, course_id = of
    return lake.answer(attention_answers.attention_thresholds, course_id)


@router.put(
    f"{COURSE}/attention/thresholds", responses=examples.answer(attention_examples.THRESHOLDS)
)
def put_thresholds(
    lake: Lake, writer: Writer, course_id: ClassOf, thresholds: Thresholds
) -> AttentionThresholds:
    """Set from when on each reason counts; what is left out is as by default, null is off."""
    lake.read(lambda connection: require_member(connection, course_id))
    writer.set_thresholds(course_id, thresholds)
    return AttentionThresholds(course_id=course_id, thresholds=thresholds, defaults=Thresholds())


@router.post(_SNOOZE, responses=examples.answer(attention_examples.SNOOZED))
def post_snooze(writer: Writer, student: StudentInClass, who: Who, asked: SnoozeRequest) -> Snoozed:
    """Take a student off the list for some minutes; a hand raised after that shows all the same."""
    until = datetime.now(UTC) + timedelta(minutes=asked.minutes)
    by = who or asked.by
    writer.snooze(*student, until, by)
    course_id, student_id = student
    return Snoozed(course_id=course_id, student_id=student_id, snooze=Snooze(until=until, by=by))


@router.delete(_SNOOZE, responses=examples.answer(attention_examples.NOT_SNOOZED))
def delete_snooze(writer: Writer, student: StudentInClass) -> Snoozed:
    """Put a student back on the list."""
    writer.end_snooze(*student)
    course_id, student_id = student
    return Snoozed(course_id=course_id, student_id=student_id, snooze=None)


@router.post(_MARK, responses=examples.answer(attention_examples.MARKED))
def post_mark(writer: Writer, student: StudentInClass, who: Who, asked: MarkRequest) -> Marked:
    """Tell everybody that one goes to a student, or has helped, which ends the listing.

    It holds for 15 minutes; a hand raised after that help shows all the same.
    """
    at = writer.set_mark(*student, asked.mark, who or asked.by)
    course_id, student_id = student
    return Marked(course_id=course_id, student_id=student_id, mark=asked.mark, at=at)


@router.delete(_MARK, responses=examples.answer(attention_examples.NOT_MARKED))
def delete_mark(writer: Writer, student: StudentInClass, who: Who, at: MarkedAt = None) -> Marked:
    """Take a mark of a student back, by default one's own latest that still holds.

    Whoever has none takes back the latest of all that hold: so can be cleared what a colleague
    left. Where none holds nothing changes.
    """
    is_known = writer.take_mark_back(*student, who, at)
    if at is not None and not is_known:
        raise Problem(
            HTTPStatus.NOT_FOUND,
            "no mark of this student was made at that time, or it was taken back: GET …/attention "
            "has the marks that hold",
        )
    course_id, student_id = student
    return Marked(course_id=course_id, student_id=student_id)
