"""Answers about a course's plan, read within one transaction of the lake."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import accumulate
from typing import Final

from duckdb import DuckDBPyConnection as Lake

from analytics.answers import exercises_of, require_member, require_section
from analytics.past import as_of_position, time_of
from analytics.plan.responses import ClassPlan, PlannedReached, PlannedTime
from analytics.queries.query import load_query
from ingest_api.problems import Problem

#: Most rows of one answer, the latest ones.
PLAN_LIMIT: Final = 1_000
_MOST_NAMED: Final = 20


def class_plan(
    lake: Lake,
    part: tuple[str, str | None],
    start: datetime | None,
    until: datetime | None,
    asked_ns: int | None = None,
) -> ClassPlan:
    """Return what is planned for a stretch of time, and where the class is, or was, against it.

    Args:
        lake: As `open_lake()` returns it.
        part: The course, and the section whose students are counted; None for all of them.
        start: Only what is planned for then or later.
        until: Only what is planned for before then.
        asked_ns: Where the class was as of this position of the log; None for now.

    Raises:
        Problem: 404 for an unknown course or section.
    """
    course_id, section = part
    require_member(lake, course_id)
    require_section(lake, course_id, section)
    time = datetime.now(UTC)
    now = min(time, time_of(asked_ns))
    names = [each.exercise for each in exercises_of(lake, course_id, asked_ns=asked_ns)]
    planned = load_query("planned_exercises").rows(
        lake, course_id=course_id, start=start, until=until, row_limit=PLAN_LIMIT
    )
    # How many are at each place, after those who have begun nothing.
    students = [0] * (len(names) + 1)
    if planned:  # most days of most courses have no plan, and each Live page asks at each drawing
        furthest = load_query("class_pace").rows(
            lake,
            course_id=course_id,
            section=section,
            exercises=names,
            planned=sorted({each["exercise"] for each in planned}),
            now=now,
            as_of=asked_ns,
        )
        for row in furthest:
            students[0 if row["place"] is None else row["place"] + 1] = row["students"]
    place = {name: number for number, name in enumerate(names, 1)}
    return ClassPlan(
        as_of=as_of_position(lake, time, asked_ns, "lake", "postgres"),
        course_id=course_id,
        now=now,
        at_work=sum(students),
        median_exercise=_median([None, *names], students),
        exercises=names,
        planned=[
            PlannedReached(
                at=row["at"],
                exercise=row["exercise"],
                # One that is no more, or was not yet then, was begun by nobody.
                reached=sum(students[place.get(row["exercise"], len(students)) :]),
            )
            for row in planned
        ],
    )


def _median(places: Sequence[str | None], students: Sequence[int]) -> str | None:
    """Return the place that at least half of the students have reached."""
    half = (sum(students) + 1) // 2
    return places[bisect_left(list(accumulate(students)), half)]


def require_exercises(lake: Lake, course_id: str, planned: Sequence[PlannedTime]) -> None:
    """Go on only where the course is known and has every exercise of a plan.

    Raises:
        Problem: 404 for an unknown course, 422 for an exercise that it does not have.
    """
    require_member(lake, course_id)
    names = [each.exercise for each in exercises_of(lake, course_id)]
    unknown = sorted({each.exercise for each in planned} - set(names))
    if unknown:
        there = ", ".join(names[:_MOST_NAMED]) or "none yet: register the course first"
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"the course has no exercise '{unknown[0]}': there are {there}",
        )
