"""The plan of the made-up class, as the aggregation API tells of it and changes it."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query

from analytics.plan.responses import ClassPlan, PlannedReached, PlannedTime, PlanRequest, PlanSet


def serve_plan(app: FastAPI, made_up: Any) -> None:
    """Serve `…/plan`; everybody of the class is at work."""

    def furthest() -> list[str]:
        """Return the exercise that each student has come to, the slowest first."""
        found: dict[str, str] = {}
        for event in made_up.events:
            student = made_up.students[event.event_id]
            found[student] = max(found.get(student, ""), event.exercise or "")
        return sorted(found.values())

    @app.get("/api/v1/courses/{course}/plan")
    def plan(
        course: str,
        start: Annotated[datetime | None, Query(alias="from")] = None,
        until: Annotated[datetime | None, Query(alias="to")] = None,
    ) -> ClassPlan:
        at = furthest()
        names = sorted({each.exercise for each in made_up.exercises()} | set(made_up.further_on))
        return ClassPlan(
            as_of=made_up.as_of(),
            course_id=course,
            now=datetime.now(UTC),
            at_work=len(at),
            median_exercise=at[(len(at) - 1) // 2] or None if at else None,
            exercises=names,
            planned=[
                PlannedReached(
                    at=each.at,
                    exercise=each.exercise,
                    reached=sum(here >= each.exercise for here in at),
                )
                for each in made_up.planned
                if (start is None or each.at >= start) and (until is None or each.at < until)
            ],
        )

    @app.put("/api/v1/courses/{course}/plan")
    def set_plan(course: str, asked: PlanRequest) -> PlanSet:
        if made_up.sections:
            raise HTTPException(403)
        within = [each for each in made_up.planned if asked.start <= each.at < asked.until]
        rest = [each for each in made_up.planned if each not in within]
        wanted = sorted(asked.planned, key=_order)
        made_up.planned = sorted([*rest, *wanted], key=_order)
        return PlanSet(course_id=course, planned=wanted, before=within)


def _order(each: PlannedTime) -> tuple[datetime, str]:
    return each.at, each.exercise
