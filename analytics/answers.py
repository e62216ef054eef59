"""Answers of the aggregation API: each is queries, read within one transaction of the lake."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from duckdb import DuckDBPyConnection as Lake

from analytics.past import LARGEST_POSITION_NS, as_of, as_of_position, time_of
from analytics.queries.query import load_query
from analytics.responses import (
    Course,
    CourseEvent,
    Courses,
    Events,
    ExerciseProgress,
    Exercises,
    History,
    HistoryEvent,
    Progress,
    Students,
    StudentState,
    Timeline,
    TimelineBucket,
)
from flows.log.logged_event import position_from_ns, position_ns
from ingest_api.problems import Problem

#: Most buckets of one timeline.
BUCKETS_LIMIT: Final = 2_000


def courses(
    lake: Lake, course_ids: Sequence[str] | None, sections: Sequence[tuple[str, str]] = ()
) -> Courses:
    """Return these courses, or every course where none is named.

    Args:
        lake: As `open_lake()` returns it.
        course_ids: The courses; None for every one.
        sections: Each a course and a section: of such a course only these sections count.
    """
    now = datetime.now(UTC)
    rows = load_query("courses").rows(
        lake,
        course_ids=None if course_ids is None else list(course_ids),
        partly=[course_id for course_id, _ in sections],
        sections=[list(each) for each in sections],
    )
    return Courses(
        as_of=as_of(lake, now, "postgres"), courses=[Course.model_validate(row) for row in rows]
    )


def progress(
    lake: Lake, course_id: str, section: str | None, asked_ns: int | None = None
) -> Progress:
    """Return how far the class, or a section of it, is now, or was as of a position of the log.

    Raises:
        Problem: 404 for an unknown course or section.
    """
    require_member(lake, course_id)
    require_section(lake, course_id, section)
    time = datetime.now(UTC)
    totals = load_query("class_progress").row(
        lake,
        course_id=course_id,
        section=section,
        now=min(time, time_of(asked_ns)),
        as_of=asked_ns,
    )
    return Progress(
        as_of=as_of_position(lake, time, asked_ns, "lake", "postgres"),
        course_id=course_id,
        exercises=exercises_of(lake, course_id, section, asked_ns),
        **totals,
    )


def exercises(lake: Lake, course_id: str, section: str | None) -> Exercises:
    """Return how far the class, or a section of it, is with each exercise.

    Raises:
        Problem: 404 for an unknown course or section.
    """
    require_member(lake, course_id)
    require_section(lake, course_id, section)
    return Exercises(
        as_of=as_of(lake, datetime.now(UTC), "lake"),
        course_id=course_id,
        exercises=exercises_of(lake, course_id, section),
    )


def students(lake: Lake, course_id: str, section: str | None) -> Students:
    """Return where each student of a course, or of a section of it, is now.

    Raises:
        Problem: 404 for an unknown course or section.
    """
    require_member(lake, course_id)
    require_section(lake, course_id, section)
    now = datetime.now(UTC)
    rows = load_query("student_states").rows(lake, course_id=course_id, section=section, now=now)
    return Students(
        as_of=as_of(lake, now, "postgres"),
        course_id=course_id,
        students=[StudentState.model_validate(row) for row in rows],
    )


def history(
    lake: Lake,
    course_id: str,
    student_id: str,
    limit: int,
    before: str | None,
    *,
    heartbeats: bool = True,
) -> History:
    """Return a page of a student's events, newest first; without heartbeats where told so.

    Raises:
        Problem: 404 for an unknown course or student.
    """
    require_member(lake, course_id, student_id)
    rows, next_before = _page(
        lake,
        "student_history",
        limit,
        before,
        course_id=course_id,
        student_id=student_id,
        heartbeats=heartbeats,
    )
    return History(
        as_of=as_of(lake, datetime.now(UTC), "lake"),
        course_id=course_id,
        student_id=student_id,
        events=[HistoryEvent.model_validate(row) for row in rows],
        next_before=next_before,
    )


def events(
    lake: Lake,
    part: tuple[str, str | None],
    limit: int,
    before: str | None,
    only: tuple[str | None, str | None] = (None, None),
    asked_ns: int | None = None,
) -> Events:
    """Return a page of the class's events, newest first.

    Args:
        lake: As `open_lake()` returns it.
        part: The course, and the section of it; None for all of it.
        limit: Most events of the page.
        before: Only events before this position of the log.
        only: Only this student's, and only those of this exercise; None for all.
        asked_ns: Only events up to this position of the log.

    Raises:
        Problem: 404 for an unknown course, section or student.
    """
    course_id, section = part
    student_id, exercise = only
    require_member(lake, course_id, student_id)
    require_section(lake, course_id, section)
    rows, next_before = _page(
        lake,
        "course_events",
        limit,
        _earlier(before, asked_ns),
        course_id=course_id,
        section=section,
        student_id=student_id,
        exercise=exercise,
    )
    return Events(
        as_of=as_of_position(lake, datetime.now(UTC), asked_ns),
        course_id=course_id,
        events=[CourseEvent.model_validate(row) for row in rows],
        next_before=next_before,
    )


def timeline(
    lake: Lake,
    part: tuple[str, str | None],
    bucket_seconds: int,
    start: datetime | None,
    until: datetime | None,
    exercise: str | None = None,
    asked_ns: int | None = None,
) -> Timeline:
    """Return what the class, or a section of it, did over time, in one exercise or in all.

    Args:
        lake: As `open_lake()` returns it.
        part: The course, and the section of it; None for all of it.
        bucket_seconds: Length of a bucket.
        start: The first bucket holds it; None for 3 hours before the end.
        until: The last bucket ends with it or holds it; None for the latest event.
        exercise: Only what was done in this exercise.
        asked_ns: Only what the log held up to this position.

    Raises:
        Problem: 404 for an unknown course or section, 422 for more than `BUCKETS_LIMIT` buckets.
    """
    course_id, section = part
    require_member(lake, course_id)
    require_section(lake, course_id, section)
    rows = load_query("timeline").rows(
        lake,
        course_id=course_id,
        section=section,
        bucket_seconds=bucket_seconds,
        start=start,
        until=until,
        exercise=exercise,
        as_of=asked_ns,
        bucket_limit=BUCKETS_LIMIT + 1,
    )
    if len(rows) > BUCKETS_LIMIT:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"these are more than {BUCKETS_LIMIT} buckets: ask for longer buckets or less time",
        )
    return Timeline(
        as_of=as_of_position(lake, datetime.now(UTC), asked_ns),
        course_id=course_id,
        bucket_seconds=bucket_seconds,
        buckets=[TimelineBucket.model_validate(row) for row in rows],
    )


def _earlier(before: str | None, asked_ns: int | None) -> str | None:
    """Return the position before which events are asked for, of two bounds."""
    if asked_ns is None:
        return before
    bound = position_from_ns(min(asked_ns + 1, LARGEST_POSITION_NS))
    return bound if before is None else min(before, bound, key=position_ns)


def _page(
    lake: Lake, query: str, limit: int, before: str | None, **of: str | bool | None
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of events, and what `before` is for the next page."""
    before_ns = None if before is None else min(position_ns(before), LARGEST_POSITION_NS)
    rows = load_query(query).rows(
        lake,
        before_ns=before_ns,
        row_limit=limit + 1,  # one more tells whether there is a next page
        **of,
    )
    page = rows[:limit]
    for row in page:
        row["extra"] = None if row["extra"] is None else json.loads(row["extra"])
    return page, page[-1]["position"] if len(rows) > limit else None


def exercises_of(
    lake: Lake,
    course_id: str,
    section: str | None = None,
    asked_ns: int | None = None,
    student_id: str | None = None,
) -> list[ExerciseProgress]:
    """Return how far the class, or one student, is with each exercise, in the course's order."""
    rows = load_query("exercise_progress").rows(
        lake, course_id=course_id, section=section, student_id=student_id, as_of=asked_ns
    )
    return [ExerciseProgress.model_validate(row) for row in rows]


def require_member(lake: Lake, course_id: str, student_id: str | None = None) -> None:
    """Go on only where the course, and the student in it, are known.

    Raises:
        Problem: 404, they are not.
    """
    known = load_query("membership").row(lake, course_id=course_id, student_id=student_id)
    if not known["course_known"]:
        raise Problem(
            HTTPStatus.NOT_FOUND, "there is no such course: GET /api/v1/courses lists them"
        )
    if student_id is not None and not known["student_known"]:
        raise Problem(
            HTTPStatus.NOT_FOUND,
            "there is no such student in this course: GET its /students lists them",
        )


def is_in_sections(lake: Lake, course_id: str, student_id: str, sections: Sequence[str]) -> bool:
    """Tell whether a student is in one of these sections of a course now."""
    known = load_query("membership").row(lake, course_id=course_id, student_id=student_id)
    return known["section"] in sections


def require_section(lake: Lake, course_id: str, section: str | None) -> None:
    """Go on only where somebody is in the section, if one is asked for.

    Raises:
        Problem: 404, nobody is; its `section` says which one was meant.
    """
    if section is None:
        return
    known = load_query("sections").rows(lake, course_id=course_id)
    if section not in (row["section"] for row in known):
        raise Problem(
            HTTPStatus.NOT_FOUND,
            # Not the sections that are there: whoever sees one of them may not know the others.
            "there is no such section in this course, or nobody is in it: GET /api/v1/courses "
            "lists the sections, and 'cellpulse enroll' puts students into them",
            section=section,
        )
