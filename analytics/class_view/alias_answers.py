"""Neutral aliases for the students of a course, so that a page can be shown to the class.

An alias is a number; the pages make two neutral words of it. It comes from a keyed hash of the
course and the student: it is the same today and next week, and without the platform's secret nobody
can tell whose it is by trying the names of the class.
"""

import hmac
from collections.abc import Iterable
from datetime import datetime

from duckdb import DuckDBPyConnection as Lake

from analytics.answers import require_member
from analytics.class_view.responses import ALIASES, Alias, Aliases
from analytics.queries.query import load_query


def aliases(lake: Lake, course_id: str, section: str | None, secret: str) -> Aliases:
    """Return the alias of each student, of a section where one is named.

    Raises:
        Problem: 404 for an unknown course.
    """
    require_member(lake, course_id)
    rows = load_query("enrolled").rows(lake, course_id=course_id)
    numbers = alias_numbers(
        ((row["enrolled_at"], row["student_id"]) for row in rows), course_id, secret
    )
    return Aliases(
        course_id=course_id,
        aliases=[
            Alias(
                student_id=row["student_id"],
                display_name=row["display_name"],
                number=numbers[row["student_id"]],
            )
            for row in rows
            # Numbers are given within the whole course, so that a section sees the same ones.
            if section in (None, row["section"])
        ],
    )


def alias_numbers(
    enrolled: Iterable[tuple[datetime, str]], course_id: str, secret: str
) -> dict[str, int]:
    """Return a number for each student, no two the same.

    Where two students hash to the same number, whoever was enrolled first keeps it, so that
    nobody's alias changes when others join.

    Args:
        enrolled: When each student came into the course, and the student's id.
        course_id: The course; a student has another alias in each.
        secret: The key of the hash.
    """
    rows = list(enrolled)
    hashes = {student: _hash(course_id, student, secret) for _, student in rows}
    numbers: dict[str, int] = {}
    taken: set[int] = set()
    for _, student in sorted(rows, key=lambda row: (row[0], hashes[row[1]])):
        space = ALIASES * (len(taken) // ALIASES + 1)
        number = hashes[student] % ALIASES
        while number in taken:
            number = (number + 1) % space
        numbers[student] = number
        taken.add(number)
    return numbers


def _hash(course_id: str, student_id: str, secret: str) -> int:
    # The length keeps course and student apart, whatever characters they have.
    message = f"alias\n{len(course_id)}\n{course_id}{student_id}"
    return int.from_bytes(hmac.digest(secret.encode(), message.encode(), "sha256"))
