"""What is asked, and noted, about one student."""

from analytics.responses import History
from analytics.student.responses import Notes, Sittings
from streamlit_app.api.asking import Asking, given, segment


class StudentQuestions(Asking):
    """What is asked, and noted, about one student."""

    def history(
        self, course_id: str, student_id: str, *, limit: int, before: str | None = None
    ) -> History:
        """Return a page of what one student did, newest first, without heartbeats.

        Args:
            course_id: The course.
            student_id: The student.
            limit: Most entries of the page.
            before: `next_before` of the page after this one; the newest page when absent.
        """
        query = given(limit=limit, before=before, heartbeats="false")
        path = f"{self._of(course_id, student_id)}/history"
        return self._get(path, History, query)

    def sittings(self, course_id: str, student_id: str) -> Sittings:
        """Return when a student was at work, newest first."""
        return self._get(f"{self._of(course_id, student_id)}/sittings", Sittings)

    def notes(self, course_id: str, student_id: str) -> Notes:
        """Return what instructors noted about a student, newest first."""
        return self._get(f"{self._of(course_id, student_id)}/notes", Notes)

    def add_note(self, course_id: str, student_id: str, text: str) -> None:
        """Note something about a student."""
        path = f"{self._of(course_id, student_id)}/notes"
        self._ask("POST", path, Notes, json={"text": text})

    def remove_note(self, course_id: str, student_id: str, note_id: str) -> None:
        """Remove a note."""
        path = f"{self._of(course_id, student_id)}/notes/{segment(note_id)}"
        self._ask("DELETE", path, Notes)

    def restore_note(self, course_id: str, student_id: str, note_id: str) -> None:
        """Bring a note back."""
        path = f"{self._of(course_id, student_id)}/notes/{segment(note_id)}/restore"
        self._ask("POST", path, Notes)
