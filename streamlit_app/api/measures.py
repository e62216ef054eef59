"""What is asked of measures."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from analytics.measures.responses import MeasureRows, Measures
from streamlit_app.api.asking import Asking, given, segment


@dataclass(frozen=True)
class MeasureQuery:
    """What is asked of a measure.

    Args:
        by: What a row is of: course, exercise, student, student_exercise or run.
        student: Only rows of this student.
        exercise: Only rows of this exercise; '' is outside exercises.
        own: Values of the measure's own parameters.
    """

    by: str
    student: str | None = None
    exercise: str | None = None
    own: Mapping[str, str | float] = field(default_factory=dict)


class MeasureQuestions(Asking):
    """What is asked of measures."""

    def measures(self) -> Measures:
        """Return what each measure means."""
        return self._get("/measures", Measures)

    def measure(self, course_id: str, name: str, question: MeasureQuery) -> MeasureRows:
        """Return the numbers of a measure."""
        student_id = self._student(course_id, question.student)
        query = given(by=question.by, student_id=student_id, exercise=question.exercise)
        path = f"/courses/{segment(course_id)}/measures/{segment(name)}"
        return self._get(path, MeasureRows, {**query, **question.own}, is_slow=True)
