"""Examples of the answers about shared code, for the API's documentation."""

from datetime import UTC, datetime
from typing import Final

from analytics.code_groups.responses import CodeGroup, CodeGroups, CodeStudent
from analytics.responses import AsOf

_NOW: Final = datetime(2026, 9, 14, 9, 30, tzinfo=UTC)

CODE_GROUPS: Final = CodeGroups(
    as_of=AsOf(position="1789378199412-0", snapshot=4711, time=_NOW),
    course_id="python-1",
    exercise="2.1",
    sharing=21,
    groups=[
        CodeGroup(
            code="total = 0\nfor n in numbers:\n    totl += n",
            students=1,
            has_solved=False,
            error_name="NameError",
            last_at=_NOW,
            who=[CodeStudent(student_id="ada", run_at=_NOW)],
            solved_code="total = 0\nfor n in numbers:\n    total += n",
        )
    ],
)
