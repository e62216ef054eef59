"""Examples of the answers about shared code, for the API's documentation."""

from typing import Final

from analytics.code_groups.responses import CodeGroup, CodeGroups, CodeStudent
from analytics.examples import AS_OF, NOW

CODE_GROUPS: Final = CodeGroups(
    as_of=AS_OF,
    course_id="python-1",
    exercise="2.1",
    sharing=21,
    groups=[
        CodeGroup(
            code="total = 0\nfor n in numbers:\n    totl += n",
            students=1,
            has_solved=False,
            error_name="NameError",
            last_at=NOW,
            who=[CodeStudent(student_id="ada", run_at=NOW)],
            solved_code="total = 0\nfor n in numbers:\n    total += n",
        )
    ],
)
