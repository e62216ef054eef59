"""The plan of a class: every event of every student, before the first one is sent."""

from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final, TypeVar

from flows.simulation.catalogue import read_catalogue
from flows.simulation.course import read_course
from flows.simulation.episodes import LookAlike, Struggle
from flows.simulation.parameters import Parameters, read_parameters
from flows.simulation.planned import PlannedEvent, planned_events
from flows.simulation.student import enrol, plant_episodes
from flows.simulation.walk import Walk

E = TypeVar("E", Struggle, LookAlike)

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
        look_alikes: When others only look like it and need no one, in order of time.
        with_code: Whether the events carry the code.
    """

    course_id: str
    seed: int
    minutes: float
    student_ids: tuple[str, ...]
    events: tuple[PlannedEvent, ...]
    struggles: tuple[Struggle, ...]
    look_alikes: tuple[LookAlike, ...]
    with_code: bool


def plan_class(
    *,
    students: int,
    minutes: float,
    course_dir: Path,
    seed: int = 0,
    course_id: str = DEFAULT_COURSE_ID,
    parameters: Parameters | None = None,
    with_code: bool = False,
) -> ClassPlan:
    """Plan a class.

    The plan is a pure function of the arguments and the course's notebooks.

    Args:
        students: How many students there are.
        minutes: Length of the class.
        course_dir: Folder of the course's notebooks.
        seed: Another seed gives other students, who do other things.
        course_id: The course that the events are for.
        parameters: The numbers of the model; those that Cellpulse comes with when absent.
        with_code: Whether the events carry the code.

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
    parameters = parameters or read_parameters()
    planted = plant_episodes(students, Random(f"class {seed}"), parameters)
    student_ids: list[str] = []
    events: list[PlannedEvent] = []
    struggles: list[Struggle] = []
    look_alikes: list[LookAlike] = []
    for number in range(1, students + 1):
        rng = Random(f"student {seed} {number}")
        student = enrol(number, planted.get(number), rng, minutes * 60, parameters)
        walk = Walk(student, course, catalogue, rng, parameters)
        events += planned_events(student, walk.steps())
        struggles += _until(student.leaves, walk.struggles)
        look_alikes += _until(student.leaves, walk.look_alikes)
        student_ids.append(student.student_id)
    return ClassPlan(
        course_id=course_id,
        seed=seed,
        minutes=minutes,
        student_ids=tuple(student_ids),
        # The sort is stable, so that a student's own events stay in the order of their numbers.
        events=tuple(sorted(events, key=lambda event: event.at)),
        struggles=tuple(sorted(struggles, key=lambda struggle: struggle.begins)),
        look_alikes=tuple(sorted(look_alikes, key=lambda one: one.begins)),
        with_code=with_code,
    )


def _until(leaves: float, episodes: list[E]) -> list[E]:
    """Return the episodes that begin before the student leaves, none longer than that."""
    return [
        replace(episode, ends=min(episode.ends, leaves))
        for episode in episodes
        if episode.begins < leaves
    ]
