"""What is asked, and set, about a course's plan."""

from collections.abc import Sequence
from datetime import datetime

from analytics.plan.responses import ClassPlan, PlannedTime, PlanRequest, PlanSet
from streamlit_app.api.asking import Asking, segment


class PlanQuestions(Asking):
    """What is asked, and set, about a course's plan."""

    def plan(self, course_id: str, *, span: tuple[datetime, datetime]) -> ClassPlan:
        """Return what is planned for a stretch of time, and where the class is against it."""
        query = {"from": span[0].isoformat(), "to": span[1].isoformat()}
        return self._get(f"/courses/{segment(course_id)}/plan", ClassPlan, query)

    def set_plan(
        self, course_id: str, span: tuple[datetime, datetime], planned: Sequence[PlannedTime]
    ) -> PlanSet:
        """Plan a stretch of time anew, for everybody."""
        asked = PlanRequest(start=span[0], until=span[1], planned=list(planned))
        body = asked.model_dump(mode="json", exclude_none=True)
        return self._ask("PUT", f"/courses/{segment(course_id)}/plan", PlanSet, json=body)
