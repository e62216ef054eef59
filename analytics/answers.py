"""Answers of the aggregation API: each is queries, read within one transaction of the lake."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, Literal

from duckdb import DuckDBPyConnection as Lake

from analytics.query import load_query
from analytics.responses import (
    AsOf,
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
from flows.logged_event import START, position_ns
from ingest_api.problems import Problem

#: Most buckets of one timeline.
BUCKETS_LIMIT: Final = 2_000
#: Most sections that an error names.
_MOST_NAMED: Final = 20
#: Largest position that DuckDB compares with.
LARGEST_POSITION_NS: Final = 2**63 - 1

_Source = Literal["lake", "postgres"]


def as_of(lake: Lake, now: datetime, *sources: _Source) -> AsOf:
    """Return which data is read: the position is that of the source that is behind the other."""
    found = load_query("as_of").row(lake)
    positions = [found[f"{source}_position"] or START for source in sources]
    behind = min(positions, key=position_ns)
    return AsOf(position=None if behind == START else behind, snapshot=found["snapshot"], time=now)


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


def progress(lake: Lake, course_id: str, section: str | None) -> Progress:
    """Return how far the class, or a section of it, is.

    Raises:
        Problem: 404 for an unknown course or section.
    """
    require_member(lake, course_id)
    require_section(lake, course_id, section)
    now = datetime.now(UTC)
    totals = load_query("class_progress").row(lake, course_id=course_id, section=section, now=now)
    return Progress(
        as_of=as_of(lake, now, "lake", "postgres"),
        course_id=course_id,
        exercises=exercises_of(lake, course_id, section),
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


def history(lake: Lake, course_id: str, student_id: str, limit: int, before: str | None) -> History:
    """Return a page of a student's events, newest first.

    Raises:
        Problem: 404 for an unknown course or student.
    """
    require_member(lake, course_id, student_id)
    rows, next_before = _page(
        lake, "student_history", limit, before, course_id=course_id, student_id=student_id
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
) -> Events:
    """Return a page of the class's events, newest first.

    Args:
        lake: As `open_lake()` returns it.
        part: The course, and the section of it; None for all of it.
        limit: Most events of the page.
        before: Only events before this position of the log.
        only: Only this student's, and only those of this exercise; None for all.

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
        before,
        course_id=course_id,
        section=section,
        student_id=student_id,
        exercise=exercise,
    )
    return Events(
        as_of=as_of(lake, datetime.now(UTC), "lake"),
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
) -> Timeline:
    """Return what the class, or a section of it, did over time, in one exercise or in all.

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
        bucket_limit=BUCKETS_LIMIT + 1,
    )
    if len(rows) > BUCKETS_LIMIT:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"these are more than {BUCKETS_LIMIT} buckets: ask for longer buckets or less time",
        )
    return Timeline(
        as_of=as_of(lake, datetime.now(UTC), "lake"),
        course_id=course_id,
        bucket_seconds=bucket_seconds,
        buckets=[TimelineBucket.model_validate(row) for row in rows],
    )


def _page(
    lake: Lake, query: str, limit: int, before: str | None, **of: str | None
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


def exercises_of(lake: Lake, course_id: str, section: str | None = None) -> list[ExerciseProgress]:
    """Return how far the class is with each exercise, in the order of the course."""
    rows = load_query("exercise_progress").rows(lake, course_id=course_id, section=section)
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
        Problem: 404, nobody is.
    """
    if section is None:
        return
    known = load_query("sections").rows(lake, course_id=course_id)
    if section not in (row["section"] for row in known):
        there = ", ".join(row["section"] for row in known[:_MOST_NAMED]) or "none yet"
        raise Problem(
            HTTPStatus.NOT_FOUND,
            f"there is no such section in this course: there are {there} "
            "('cellpulse enroll' puts students into sections)",
        )
