"""What is asked, and wished, by a student about the own page."""

from analytics.my_progress.responses import DeletionRequest, OwnOverview, OwnPreferences
from streamlit_app.api.asking import Asking
from streamlit_app.api.patience import LONG_SECONDS


class OwnQuestions(Asking):
    """What is asked, and wished, by a student about the own page."""

    def overview(self, course_id: str, student_id: str) -> OwnOverview:
        """Return how far a student is, and what instructors see: nothing in it is of others."""
        return self._get(f"{self._of(course_id, student_id)}/overview", OwnOverview)

    def preferences(self, course_id: str, student_id: str) -> OwnPreferences:
        """Return what a student allows to be recorded."""
        return self._get(f"{self._of(course_id, student_id)}/preferences", OwnPreferences)

    def set_preferences(self, course_id: str, student_id: str, wanted: OwnPreferences) -> None:
        """Set what a student allows; only the student's own token may."""
        path = f"{self._of(course_id, student_id)}/preferences"
        self._ask("PUT", path, OwnPreferences, json=wanted.model_dump())

    def deletion(self, course_id: str, student_id: str) -> DeletionRequest:
        """Return whether a student asks for everything to be deleted."""
        return self._get(f"{self._of(course_id, student_id)}/deletion", DeletionRequest)

    def request_deletion(self, course_id: str, student_id: str) -> None:
        """Ask for everything about the student to be deleted."""
        self._ask("POST", f"{self._of(course_id, student_id)}/deletion", DeletionRequest)

    def withdraw_deletion(self, course_id: str, student_id: str) -> None:
        """Don't ask for it any more."""
        self._ask("DELETE", f"{self._of(course_id, student_id)}/deletion", DeletionRequest)

    def own_data(self, course_id: str, student_id: str) -> bytes:
        """Return everything that is stored about a student, as a zip file."""
        path = f"{self._of(course_id, student_id)}/data"
        return self._send("GET", path, timeout=LONG_SECONDS).content
