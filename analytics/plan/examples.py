"""Examples of the answers about a course's plan, for the API's documentation."""

from datetime import UTC, datetime, timedelta
from typing import Final

from analytics.plan.responses import ClassPlan, PlannedReached, PlannedTime, PlanSet
from analytics.responses import AsOf

_NOW: Final = datetime(2026, 9, 14, 9, 30, tzinfo=UTC)
_BEGIN: Final = _NOW - timedelta(minutes=30)

CLASS_PLAN: Final = ClassPlan(
    as_of=AsOf(position="1789378199412-0", snapshot=4711, time=_NOW),
    course_id="python-1",
    now=_NOW,
    at_work=28,
    median_exercise="2.1",
    exercises=["2.1", "2.2", "2.3"],
    planned=[
        PlannedReached(at=_BEGIN, exercise="2.1", reached=28),
        PlannedReached(at=_NOW, exercise="2.3", reached=6),
    ],
)
PLAN_SET: Final = PlanSet(
    course_id="python-1",
    planned=[
        PlannedTime(at=_BEGIN, exercise="2.1"),
        PlannedTime(at=_NOW, exercise="2.3"),
    ],
    before=[PlannedTime(at=_BEGIN, exercise="2.1")],
)
