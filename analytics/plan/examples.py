"""Examples of the answers about a course's plan, for the API's documentation."""

from datetime import timedelta
from typing import Final

from analytics.examples import AS_OF, NOW
from analytics.plan.responses import ClassPlan, PlannedReached, PlannedTime, PlanSet

_BEGIN: Final = NOW - timedelta(minutes=30)

CLASS_PLAN: Final = ClassPlan(
    as_of=AS_OF,
    course_id="python-1",
    now=NOW,
    at_work=28,
    median_exercise="2.1",
    exercises=["2.1", "2.2", "2.3"],
    planned=[
        PlannedReached(at=_BEGIN, exercise="2.1", reached=28),
        PlannedReached(at=NOW, exercise="2.3", reached=6),
    ],
)
PLAN_SET: Final = PlanSet(
    course_id="python-1",
    planned=[
        PlannedTime(at=_BEGIN, exercise="2.1"),
        PlannedTime(at=NOW, exercise="2.3"),
    ],
    before=[PlannedTime(at=_BEGIN, exercise="2.1")],
)
