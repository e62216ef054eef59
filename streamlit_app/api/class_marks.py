"""What is asked, and noted, about moments of class."""

from datetime import datetime

from analytics.class_marks.responses import ClassMarkRemoved, ClassMarks, ClassMarkSet
from streamlit_app.api.asking import Asking, given, segment


class ClassMarkQuestions(Asking):
    """What is asked, and noted, about moments of class."""

    def class_marks(self, course_id: str) -> ClassMarks:
        """Return what instructors noted about moments of class."""
        return self._get(f"/courses/{segment(course_id)}/marks", ClassMarks)

    def set_class_mark(
        self, course_id: str, text: str, *, at: datetime | None = None
    ) -> ClassMarkSet:
        """Note something about a moment of class, by default this one, for everybody."""
        body = given(text=text, at=None if at is None else at.isoformat())
        return self._ask("POST", f"/courses/{segment(course_id)}/marks", ClassMarkSet, json=body)

    def remove_class_mark(self, course_id: str, mark_id: str) -> None:
        """Take a mark back."""
        path = f"/courses/{segment(course_id)}/marks/{segment(mark_id)}"
        self._ask("DELETE", path, ClassMarkRemoved)
