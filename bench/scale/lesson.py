"""The students of many classes, each of whom runs cells when the simulated class says so."""

import heapq
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bench.load.open_model import LEAD_SECONDS, post
from bench.servers import SECRET
from flows.course.sample import SAMPLE_COURSE
from flows.simulation.plan import ClassPlan, plan_class
from flows.simulation.timetable import Timetable
from ingest_api.tokens import ALL_COURSES, Grant, issue_token

#: Students of one class.
CLASS: Final = 500


#: How long a lesson is, in minutes.
_LESSON: Final = 50.0


def plans(students: int, minutes: float) -> list[ClassPlan]:
    """Plan classes of `CLASS` students, all of which begin at the same moment.

    Args:
        students: How many there are in all classes.
        minutes: How much of the lesson, from its beginning.
    """
    return [_beginning(plan, minutes * 60) for plan in _lessons(students)]


def _beginning(plan: ClassPlan, seconds: float) -> ClassPlan:
    return replace(plan, events=tuple(event for event in plan.events if event.at < seconds))


def _lessons(students: int) -> list[ClassPlan]:
    return [
        plan_class(
            students=min(CLASS, students - first),
            minutes=_LESSON,
            course_dir=SAMPLE_COURSE,
            seed=number,
            course_id=f"class-{number}",
        )
        for number, first in enumerate(range(0, students, CLASS))
    ]


def requests(classes: list[ClassPlan]) -> Iterator[tuple[float, bytes]]:
    """Yield one request an event, as hooks send them, each at its second and telling of it."""
    token = issue_token(SECRET, Grant("ingest", ALL_COURSES))
    begin = datetime.now(UTC) + timedelta(seconds=LEAD_SECONDS)
    timetables = [Timetable(plan, begin, speed=1, head_start=0) for plan in classes]

    def of_class(timetable: Timetable) -> Iterator[tuple[float, bytes]]:
        for planned in timetable.plan.events:
            body = timetable.to_event(planned).model_dump_json(exclude_none=True)
            yield planned.at, post("/student-progress", token, body.encode())

    yield from heapq.merge(*map(of_class, timetables))
