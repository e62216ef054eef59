"""Writes what instructors set for the attention list."""

from datetime import datetime

from analytics.attention.responses import Thresholds
from analytics.course_changes import CourseChanges
from analytics.settings import ApiSettings
from flows.stores import attention


class AttentionWriter:
    """Writes each change at once, and tells every dashboard."""

    def __init__(self, settings: ApiSettings) -> None:
        self._changes = CourseChanges(settings)

    def set_thresholds(self, course_id: str, thresholds: Thresholds) -> None:
        """Set every threshold of a course; those that are as by default are forgotten.

        Raises:
            LakeUnavailableError: PostgreSQL does not answer.
        """
        defaults = Thresholds().model_dump()
        changed = {
            name: value
            for name, value in thresholds.model_dump().items()
            if value != defaults[name]
        }
        with self._changes.to(course_id) as engine:
            attention.set_thresholds(engine, course_id, changed)

    def snooze(self, course_id: str, student_id: str, until: datetime, by: str | None) -> None:
        """Take a student off the list until a time.

        Raises:
            LakeUnavailableError: PostgreSQL does not answer.
        """
        with self._changes.to(course_id) as engine:
            attention.snooze(engine, course_id, student_id, until=until, by=by)

    def end_snooze(self, course_id: str, student_id: str) -> None:
        """Put a student back on the list.

        Raises:
            LakeUnavailableError: PostgreSQL does not answer.
        """
        with self._changes.to(course_id) as engine:
            attention.end_snooze(engine, course_id, student_id)

    def set_mark(self, course_id: str, student_id: str, mark: str, by: str | None) -> datetime:
        """Note that somebody goes to a student, or has helped; return when, which names the mark.

        Raises:
            LakeUnavailableError: PostgreSQL does not answer.
        """
        with self._changes.to(course_id) as engine:
            return attention.set_mark(engine, course_id, student_id, mark=mark, by=by)

    def take_mark_back(
        self, course_id: str, student_id: str, by: str | None, at: datetime | None
    ) -> bool:
        """Take one mark of a student back, and tell whether there was one to be taken back.

        Args:
            course_id: The course.
            student_id: The student.
            by: Who takes it back; None where nobody signed in.
            at: When that mark was made; None for one's own latest, else for the latest of all.

        Raises:
            LakeUnavailableError: PostgreSQL does not answer.
        """
        with self._changes.to(course_id) as engine:
            return attention.take_mark_back(engine, course_id, student_id, by=by, at=at)
