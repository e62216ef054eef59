"""The addresses of the aggregation API, under `/api/v1`."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request

from analytics import answers, examples
from analytics.access import ClassReader, PartOf, PermittedStudent, StudentOf
from analytics.lake.asked_lake import AskedLake, oldest_of
from analytics.parameters import (
    AsOfText,
    Before,
    Bucket,
    From,
    Limit,
    OnlyExercise,
    To,
    WithHeartbeats,
    bucket_length,
    require_span,
)
from analytics.past import parse_as_of
from analytics.responses import Courses, Events, Exercises, History, Progress, Students, Timeline

router = APIRouter(prefix="/api/v1", responses=examples.PROBLEMS)
#: Comes before the measures' router, and that before `router`: in `…/students/measures/history` a
#: student is called "measures", and in `…/measures/progress` no course is called "…/measures".
history_router = APIRouter(prefix="/api/v1", responses=examples.PROBLEMS)


async def _lake(request: Request) -> AskedLake:
    return AskedLake(request.app.state.lake, oldest_of(request.headers.get("cache-control")))


Lake = Annotated[AskedLake, Depends(_lake)]


async def _as_of_ns(as_of: AsOfText = None) -> int | None:
    return None if as_of is None else parse_as_of(as_of)


#: The position of the log, as `position_ns`, that a time or a position of the past means.
AsOfNs = Annotated[int | None, Depends(_as_of_ns)]
#: Every address about one course begins so.
COURSE: Final = "/courses/{course_id:path}"


@router.get("/courses", responses=examples.answer(examples.COURSES))
def get_courses(lake: Lake, grant: ClassReader) -> Courses:
    """Return the courses that the token may read."""
    return lake.answer(answers.courses, grant.course_ids, grant.sections)


@router.get(f"{COURSE}/progress", responses=examples.answer(examples.PROGRESS))
def get_progress(lake: Lake, part: PartOf, as_of_ns: AsOfNs) -> Progress:
    """Return how far the whole class is, in total and for each exercise."""
    return lake.answer(answers.progress, *part, as_of_ns)


@router.get(f"{COURSE}/students", responses=examples.answer(examples.STUDENTS))
def get_students(lake: Lake, part: PartOf) -> Students:
    """Return where each student of the class is now, also those who have not started."""
    return lake.answer(answers.students, *part)


@history_router.get(
    f"{COURSE}/students/{{student_id:path}}/history",
    responses=examples.answer(examples.HISTORY),
)
def get_history(
    lake: Lake,
    student: StudentOf,
    limit: Limit = 100,
    before: Before = None,
    with_heartbeats: WithHeartbeats = True,
) -> History:
    """Return a page of a student's events, newest first; `next_before` leads to the next one."""
    return lake.answer(answers.history, *student, limit, before, heartbeats=with_heartbeats)


@router.get(f"{COURSE}/events", responses=examples.answer(examples.EVENTS))
def get_events(
    lake: Lake,
    part: PartOf,
    student_id: PermittedStudent,
    as_of_ns: AsOfNs,
    limit: Limit = 100,
    before: Before = None,
    exercise: OnlyExercise = None,
) -> Events:
    """Return a page of the class's events, newest first; `next_before` leads to the next one."""
    only = (student_id, exercise)
    return lake.answer(answers.events, part, limit, before, only, as_of_ns)


@router.get(f"{COURSE}/exercises", responses=examples.answer(examples.EXERCISES))
def get_exercises(lake: Lake, part: PartOf) -> Exercises:
    """Return how far the class is with each exercise."""
    return lake.answer(answers.exercises, *part)


@router.get(f"{COURSE}/timeline", responses=examples.answer(examples.TIMELINE))
def get_timeline(
    lake: Lake,
    part: PartOf,
    as_of_ns: AsOfNs,
    bucket: Bucket = "1m",
    start: From = None,
    until: To = None,
    exercise: OnlyExercise = None,
) -> Timeline:
    """Return what the class did over time, in at most 2,000 buckets, quiet ones included."""
    require_span(start, until)
    seconds = bucket_length(bucket) // timedelta(seconds=1)
    return lake.answer(answers.timeline, part, seconds, start, until, exercise, as_of_ns)
