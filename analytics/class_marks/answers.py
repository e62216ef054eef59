"""Answers about instructors' marks, read within one transaction of the lake."""

from datetime import datetime
from typing import Final

from duckdb import DuckDBPyConnection as Lake

from analytics.answers import require_member
from analytics.class_marks.responses import ClassMark, ClassMarks
from analytics.queries.query import load_query

#: Most marks of one answer, the latest ones.
MARKS_LIMIT: Final = 1_000


def marks(lake: Lake, course_id: str, start: datetime | None, until: datetime | None) -> ClassMarks:
    """Return what instructors noted about moments of class.

    Args:
        lake: As `open_lake()` returns it.
        course_id: The course.
        start: Only moments from then on; None for all.
        until: Only moments before then; None for all.

    Raises:
        Problem: 404 for an unknown course.
    """
    require_member(lake, course_id)
    rows = load_query("class_marks").rows(
        lake, course_id=course_id, start=start, until=until, row_limit=MARKS_LIMIT
    )
    return ClassMarks(course_id=course_id, marks=[ClassMark.model_validate(row) for row in rows])
