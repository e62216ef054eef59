"""Answers about the class as a whole picture: the map of students and exercises, and its way."""

from collections import defaultdict
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from duckdb import DuckDBPyConnection as Lake

from analytics.answers import BUCKETS_LIMIT, exercises_of, require_member, require_section
from analytics.class_view.responses import (
    ClassMap,
    ClassSession,
    ClassSessions,
    ClassStream,
    MapStudent,
    StreamExercise,
)
from analytics.past import as_of_position, time_of
from analytics.queries.query import load_query
from ingest_api.problems import Problem

#: Most sessions of class of one answer.
SESSIONS_LIMIT: Final = 500


def class_map(
    lake: Lake, course_id: str, section: str | None, asked_ns: int | None = None
) -> ClassMap:
    """Return how far each student is with each exercise now, or was as of a position of the log.

    Raises:
        Problem: 404 for an unknown course or section.
    """
    require_member(lake, course_id)
    require_section(lake, course_id, section)
    time = datetime.now(UTC)
    now = min(time, time_of(asked_ns))
    exercises = exercises_of(lake, course_id, section, asked_ns=asked_ns)
    rows = load_query("class_map").rows(
        lake,
        course_id=course_id,
        section=section,
        exercises=[each.exercise for each in exercises],
        now=now,
        student_id=None,
        as_of=asked_ns,
    )
    return ClassMap(
        as_of=as_of_position(lake, time, asked_ns, "lake", "postgres"),
        course_id=course_id,
        now=now,
        exercises=exercises,
        students=[MapStudent.model_validate(row) for row in rows],
    )


def class_stream(
    lake: Lake,
    part: tuple[str, str | None],
    bucket_seconds: int,
    start: datetime | None,
    until: datetime | None,
    asked_ns: int | None = None,
) -> ClassStream:
    """Return how many students were at each exercise, step by step, or as of a place in the log.

    Raises:
        Problem: 404 for an unknown course or section, 422 for more than `BUCKETS_LIMIT` steps.
    """
    course_id, section = part
    require_member(lake, course_id)
    require_section(lake, course_id, section)
    names = [each.exercise for each in exercises_of(lake, course_id, asked_ns=asked_ns)]
    rows = load_query("class_stream").rows(
        lake,
        course_id=course_id,
        section=section,
        exercises=names,
        bucket_seconds=bucket_seconds,
        start=start,
        until=until,
        as_of=asked_ns,
        bucket_limit=BUCKETS_LIMIT + 1,
    )
    students: dict[str, dict[datetime, int]] = defaultdict(dict)
    for row in rows:
        students[row["exercise"]][row["start"]] = row["students"]
    # Whoever ran something once is somewhere from then on, so no step is without a row.
    steps = list(dict.fromkeys(row["start"] for row in rows))
    if len(steps) > BUCKETS_LIMIT:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"these are more than {BUCKETS_LIMIT} buckets: ask for longer buckets or less time",
        )
    return ClassStream(
        as_of=as_of_position(lake, datetime.now(UTC), asked_ns),
        course_id=course_id,
        bucket_seconds=bucket_seconds,
        steps=steps,
        exercises=[
            StreamExercise(exercise=name, students=[students[name].get(step, 0) for step in steps])
            for name in names
            if name in students
        ],
    )


def class_sessions(lake: Lake, part: tuple[str, str | None], asked_ns: int | None) -> ClassSessions:
    """Return when the class met, the latest `SESSIONS_LIMIT` times, latest first.

    Raises:
        Problem: 404 for an unknown course or section.
    """
    course_id, section = part
    require_member(lake, course_id)
    require_section(lake, course_id, section)
    rows = load_query("class_sessions").rows(
        lake, course_id=course_id, section=section, as_of=asked_ns, row_limit=SESSIONS_LIMIT
    )
    return ClassSessions(
        as_of=as_of_position(lake, datetime.now(UTC), asked_ns),
        course_id=course_id,
        sessions=[ClassSession.model_validate(row) for row in rows],
    )
