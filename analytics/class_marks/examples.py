"""Examples of the answers about instructors' marks, for the API's documentation."""

from datetime import UTC, datetime
from typing import Final

from analytics.class_marks.responses import ClassMark, ClassMarkRemoved, ClassMarks, ClassMarkSet

_AT: Final = datetime(2026, 9, 14, 9, 12, tzinfo=UTC)
_MARK: Final = ClassMark(
    mark_id="01994730-5a4e-7b21-9d0c-3f7f6a1f0c55",
    at=_AT,
    text="explained recursion",
    set_at=_AT,
    set_by="grace",
)

MARKS: Final = ClassMarks(course_id="python-1", marks=[_MARK])
MARK_SET: Final = ClassMarkSet(course_id="python-1", mark=_MARK)
MARK_REMOVED: Final = ClassMarkRemoved(course_id="python-1", mark_id=_MARK.mark_id)
