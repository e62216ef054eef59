"""What is asked about sessions of class."""

from datetime import datetime

from analytics.after_class.responses import Report
from analytics.class_view.responses import ClassSessions
from streamlit_app.api.asking import Asking, given, segment


class SessionQuestions(Asking):
    """What is asked about sessions of class."""

    def class_sessions(self, course_id: str, as_of: str | None = None) -> ClassSessions:
        """Return when the class met, or had met at a place in the log, latest first."""
        path = f"/courses/{segment(course_id)}/class_sessions"
        return self._get(path, ClassSessions, given(as_of=as_of))

    def report(
        self, course_id: str, *, start: datetime, until: datetime, as_of: str | None = None
    ) -> Report:
        """Return what a session of class came to, or had come to at a place in the log."""
        query = given(as_of=as_of) | {"from": start.isoformat(), "to": until.isoformat()}
        return self._get(f"/courses/{segment(course_id)}/report", Report, query, is_slow=True)
