"""Writes which exercises an instructor means a class to reach, and when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, insert, select

from flows.models import Course, PlannedExercise
from flows.stores.transaction import transaction


@dataclass(frozen=True, order=True)
class Planned:
    """That an exercise is to be begun by a moment."""

    at: datetime
    exercise: str


@dataclass(frozen=True)
class PlanChange:
    """Who plans a stretch of time anew, and when that was.

    Attributes:
        start: Begin of the stretch.
        until: Its end; what is planned for then stays as it is.
        set_at: When it was planned.
        set_by: By whom; None where nobody said.
    """

    start: datetime
    until: datetime
    set_at: datetime
    set_by: str | None


def set_plan(
    engine: Engine, course_id: str, change: PlanChange, plan: Iterable[Planned]
) -> list[Planned]:
    """Put a plan in the place of all that was planned for a stretch of time; return that.

    Of two instructors who plan at once the later one's plan stands whole.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer or refuses, as an unknown course.
    """
    of_the_time = (
        PlannedExercise.course_id == course_id,
        PlannedExercise.at >= change.start,
        PlannedExercise.at < change.until,
    )
    rows = [
        {
            "course_id": course_id,
            "at": each.at,
            "exercise": each.exercise,
            "set_at": change.set_at,
            "set_by": change.set_by,
        }
        for each in set(plan)
    ]
    with transaction(engine) as connection:
        connection.execute(
            select(Course.course_id).where(Course.course_id == course_id).with_for_update()
        )
        before = connection.execute(
            delete(PlannedExercise)
            .where(*of_the_time)
            .returning(PlannedExercise.at, PlannedExercise.exercise)
        ).all()
        if rows:
            connection.execute(insert(PlannedExercise), rows)
    return sorted(Planned(at, exercise) for at, exercise in before)
