"""The plan of a class: every event of every student, before the first one is sent."""

from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

from flows.simulation.catalogue import read_catalogue
from flows.simulation.course import read_course
from flows.simulation.planned import PlannedEvent, planned_events
from flows.simulation.student import enrol, plant_strugglers
from flows.simulation.walk import Struggle, Walk

DEFAULT_COURSE_ID: Final = "demo"


@dataclass(frozen=True)
class ClassPlan:
    """A class as it is going to be.

    Attributes:
        minutes: Length of the class.
        student_ids: The students, in order of their numbers.
        events: In order of time.
        struggles: When planted strugglers are stuck, in order of time: the truth that a measure
            of who needs help can be compared with.
    """

    course_id: str
    seed: int
    minutes: float
    student_ids: tuple[str, ...]
    events: tuple[PlannedEvent, ...]
    struggles: tuple[Struggle, ...]


def plan_class(
    *,
    students: int,
    minutes: float,
    course_dir: Path,
    seed: int = 0,
    course_id: str = DEFAULT_COURSE_ID,
) -> ClassPlan:
    """Plan a class.

    The plan is a pure function of the arguments and the course's notebooks.

    Args:
        students: How many students there are.
        minutes: Length of the class.
        course_dir: Folder of the course's notebooks.
        seed: Another seed gives other students, who do other things.
        course_id: The course that the events are for.

    Raises:
        ValueError: There are no students or there is no time.
        CourseError: The folder does not hold a course.
    """
    if students < 1:
        raise ValueError(f"students must be 1 or more, not {students}")
    if not 0 < minutes < float("inf"):
        raise ValueError(f"minutes must be a number above 0, not {minutes}")
    course = read_course(course_dir)
    catalogue = read_catalogue()
    strugglers = plant_strugglers(students, Random(f"class {seed}"))
    student_ids: list[str] = []
    events: list[PlannedEvent] = []
    struggles: list[Struggle] = []
    for number in range(1, students + 1):
        rng = Random(f"student {seed} {number}")
        student = enrol(number, strugglers.get(number), rng, minutes * 60)
        walk = Walk(student, course, catalogue, rng)
        events += planned_events(student.student_id, walk.steps(), student.leaves)
        struggles += [
            replace(struggle, ends=min(struggle.ends, student.leaves))
            for struggle in walk.struggles
            if struggle.begins < student.leaves
        ]
        student_ids.append(student.student_id)
    return ClassPlan(
        course_id=course_id,
        seed=seed,
        minutes=minutes,
        student_ids=tuple(student_ids),
        # The sort is stable, so that a student's own events stay in the order of their numbers.
        events=tuple(sorted(events, key=lambda event: event.at)),
        struggles=tuple(sorted(struggles, key=lambda struggle: struggle.begins)),
    )
