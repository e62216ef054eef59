"""What is asked, and told, about who needs a person."""

from datetime import datetime

from analytics.attention.responses import (
    Attention,
    AttentionThresholds,
    Marked,
    MarkKind,
    Snoozed,
    Thresholds,
)
from streamlit_app.api.asking import Asking, segment


class AttentionQuestions(Asking):
    """What is asked, and told, about who needs a person."""

    def attention(self, course_id: str) -> Attention:
        """Return who needs a person now, most urgent first."""
        return self._get(f"/courses/{segment(course_id)}/attention", Attention)

    def thresholds(self, course_id: str) -> Thresholds:
        """Return from when on each reason of the list counts."""
        return self._ask("GET", _thresholds_of(course_id), AttentionThresholds).thresholds

    def set_thresholds(self, course_id: str, thresholds: Thresholds) -> None:
        """Set from when on each reason of the list counts, for everybody."""
        path, wanted = _thresholds_of(course_id), thresholds.model_dump()
        self._ask("PUT", path, AttentionThresholds, json=wanted)

    def snooze(self, course_id: str, student_id: str, *, minutes: int) -> None:
        """Take a student off the list of who needs a person, for everybody."""
        path = self._attention_of(course_id, student_id, "snooze")
        self._ask("POST", path, Snoozed, json={"minutes": minutes})

    def end_snooze(self, course_id: str, student_id: str) -> None:
        """Put a student back on the list."""
        self._ask("DELETE", self._attention_of(course_id, student_id, "snooze"), Snoozed)

    def mark(self, course_id: str, student_id: str, mark: MarkKind) -> Marked:
        """Tell everybody that one goes to a student, or has helped."""
        path = self._attention_of(course_id, student_id, "mark")
        return self._ask("POST", path, Marked, json={"mark": mark})

    def take_mark_back(self, course_id: str, student_id: str, at: datetime) -> None:
        """Take the mark of a student back that was made then.

        Raises:
            NotKnownError: It was taken back already.
        """
        path = self._attention_of(course_id, student_id, "mark")
        self._ask("DELETE", path, Marked, query={"at": at.isoformat()})

    def _attention_of(self, course_id: str, shown: str, what: str) -> str:
        student_id = self._student(course_id, shown) or shown
        return f"/courses/{segment(course_id)}/attention/{segment(student_id)}/{what}"


def _thresholds_of(course_id: str) -> str:
    return f"/courses/{segment(course_id)}/attention/thresholds"
