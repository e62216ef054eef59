"""Answers about the code that students share: who wrote the same at one exercise."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from duckdb import DuckDBPyConnection as Lake

from analytics.answers import require_member, require_section
from analytics.code_groups.responses import CodeGroup, CodeGroups, CodeStudent
from analytics.code_groups.similarity import grouped, most_alike
from analytics.lake.asked_lake import AskedLake
from analytics.past import as_of
from analytics.queries.query import load_query
from analytics.responses import AsOf

#: Most students whose code is looked at, those who ran it last.
ATTEMPTS_LIMIT: Final = 500
#: Most groups of one answer.
GROUPS_LIMIT: Final = 20
_Attempt = dict[str, Any]


def code_groups(
    reader: AskedLake, course_id: str, section: str | None, exercise: str
) -> CodeGroups:
    """Return the latest code of each student at an exercise, in groups that are alike.

    Raises:
        Problem: 404 for an unknown course or section.
    """
    moment, attempts = reader.read(lambda lake: _attempts(lake, course_id, section, exercise))
    # Outside of the read, which holds one of few places.
    solved = [each for each in attempts if each["has_solved"]]
    others = [each for each in attempts if not each["has_solved"]]
    ways = _groups(solved, ())
    groups = [*_groups(others, [way.code for way in ways]), *ways]
    return CodeGroups(
        as_of=moment,
        course_id=course_id,
        exercise=exercise,
        sharing=attempts[0]["sharing"] if attempts else 0,
        groups=sorted(groups, key=lambda group: -group.students)[:GROUPS_LIMIT],
    )


def _attempts(
    lake: Lake, course_id: str, section: str | None, exercise: str
) -> tuple[AsOf, list[_Attempt]]:
    require_member(lake, course_id)
    require_section(lake, course_id, section)
    rows = load_query("code_attempts").rows(
        lake,
        course_id=course_id,
        section=section,
        of_exercise=exercise,
        row_limit=ATTEMPTS_LIMIT,
    )
    return as_of(lake, datetime.now(UTC), "lake"), rows


def _groups(attempts: Sequence[_Attempt], solved: Sequence[str]) -> list[CodeGroup]:
    """Return groups of attempts that are alike, each with the one of `solved` most like it."""
    found = []
    for group in grouped([each["code"] for each in attempts])[:GROUPS_LIMIT]:
        members = [attempts[place] for place in sorted(group.members)]
        errors = Counter(each["error_name"] for each in members if each["error_name"])
        found.append(
            CodeGroup(
                code=group.code,
                students=len(members),
                has_solved=members[0]["has_solved"],
                error_name=errors.most_common(1)[0][0] if errors else None,
                last_at=members[0]["run_at"],
                who=[CodeStudent.model_validate(each, extra="ignore") for each in members],
                solved_code=most_alike(group.code, solved),
            )
        )
    return found
