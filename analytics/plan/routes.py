"""The addresses of a course's plan, under `/api/v1`: which exercise is to be begun by when.

Whoever may read about a whole class may plan it, as with instructors' marks; an assistant of some
sections sees how far these sections are with it.
"""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter

from analytics import examples
from analytics.access import ClassOf, PartOf
from analytics.attention.routes import Who
from analytics.class_marks.routes import Changes
from analytics.parameters import PlannedFrom, PlannedTo, require_span
from analytics.plan import answers as plan_answers
from analytics.plan import examples as plan_examples
from analytics.plan.responses import ClassPlan, PlannedTime, PlanRequest, PlanSet
from analytics.routes import COURSE, AsOfNs, Lake
from flows.stores.plans import PlanChange, Planned, set_plan
from ingest_api.problems import Problem

#: Most that one request plans anew: nobody removes a term's plan by a wrong date.
LONGEST_TIME: Final = timedelta(days=7)

router = APIRouter(prefix="/api/v1", responses={**examples.PROBLEMS, **examples.NOT_TEXT})


@router.get(f"{COURSE}/plan", responses=examples.answer(plan_examples.CLASS_PLAN))
def get_plan(
    lake: Lake,
    part: PartOf,
    as_of_ns: AsOfNs,
    start: PlannedFrom = None,
    until: PlannedTo = None,
) -> ClassPlan:
    """Return what is planned, and how many of those at work have got to each exercise of it."""
    require_span(start, until)
    return lake.answer(plan_answers.class_plan, part, start, until, as_of_ns)


@router.put(f"{COURSE}/plan", responses=examples.answer(plan_examples.PLAN_SET))
def put_plan(
    lake: Lake, changes: Changes, course_id: ClassOf, who: Who, asked: PlanRequest
) -> PlanSet:
    """Plan a stretch of time anew; the answer has what was planned before, to undo it."""
    _require_within(asked)
    lake.read(
        lambda connection: plan_answers.require_exercises(connection, course_id, asked.planned)
    )
    change = PlanChange(asked.start, asked.until, datetime.now(UTC), who or asked.by)
    wanted = sorted({Planned(each.at, each.exercise) for each in asked.planned})
    with changes.to(course_id) as engine:
        before = set_plan(engine, course_id, change, wanted)
    return PlanSet(course_id=course_id, planned=_answer(wanted), before=_answer(before))


def _require_within(asked: PlanRequest) -> None:
    """Go on only where a plan lies within the time that it is for.

    Raises:
        Problem: 422, it does not.
    """
    told = None
    if not timedelta(0) < asked.until - asked.start <= LONGEST_TIME:
        told = "'until' must be after 'start', by 7 days at most"
    elif any(not asked.start <= each.at < asked.until for each in asked.planned):
        told = "every 'at' must lie from 'start' on and before 'until'"
    if told is not None:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, told)


def _answer(plan: list[Planned]) -> list[PlannedTime]:
    return [PlannedTime(at=each.at, exercise=each.exercise) for each in plan]
