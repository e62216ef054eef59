"""Which of a course's events an export holds: those of a section, of a span of time, or all."""

import shlex
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flows.stores.sql_text import literal


@dataclass(frozen=True)
class Part:
    """A part of a course.

    Attributes:
        section: Only students who are in this section now; None for all.
        start: Only events seen at this time or later, UTC; None for no bound. An event was seen at
            the earlier of `occurred_at` and `received_at`.
        until: Only events seen before this time.
    """

    section: str | None = None
    start: datetime | None = None
    until: datetime | None = None

    def condition(self, course_id: str) -> str:
        """Return the SQL condition that a course's events have to meet."""
        seen_at = "least(occurred_at, received_at)"
        conditions = ["true"]
        if self.section is not None:
            conditions.append(
                "student_id IN (SELECT student_id FROM master.enrollments WHERE "  # noqa: S608 - literals
                f"course_id = {literal(course_id)} AND section = {literal(self.section)})"
            )
        if self.start is not None:
            start = f"TIMESTAMPTZ '{self.start.isoformat()}'"
            # The second follows from the first; by it whole files are left unread.
            conditions.append(f"{seen_at} >= {start} AND received_at >= {start}")
        if self.until is not None:
            conditions.append(f"{seen_at} < TIMESTAMPTZ '{self.until.isoformat()}'")
        return " AND ".join(conditions)

    def in_words(self) -> str:
        """Say what it is, on one line."""
        words = ["everybody" if self.section is None else f"section {self.section!r}"]
        if self.start is not None:
            words.append(f"from {self.start.isoformat()}")
        if self.until is not None:
            words.append(f"before {self.until.isoformat()}")
        return " ".join(words)

    def as_options(self) -> str:
        """Return the options of `cellpulse export` that name it, with a blank before each."""
        section = "" if self.section is None else f" --section {shlex.quote(self.section)}"
        start = "" if self.start is None else f" --from {self.start.isoformat()}"
        until = "" if self.until is None else f" --to {self.until.isoformat()}"
        return section + start + until


#: All of a course.
WHOLE: Final = Part()
