"""Which rows of one student tell of the same run, in a data set that is not ours.

A submission is run once, and told of by several rows: a `Compile` with its `Compile.Error`s, a
`Run.Program` with the result, `Run.Test`s, a `Submit`. docs/formats.md has the rules.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Row = dict[str, Any]

#: Event types of drafts → those of version 1.0.
_RENAMED: Final = {
    "Program.Compile": "Compile",
    "Program.Run": "Run.Program",
    "Program.Test": "Run.Test",
    "Debug.Program": "Run.Program",
    "Debug.Test": "Run.Test",
}
RUN_TYPES: Final = frozenset({"Compile", "Compile.Error", "Run.Program", "Run.Test", "Submit"})
SESSION_TYPES: Final = {"Session.Start": "session_started", "Session.End": "session_ended"}
#: Event types of which an import makes something, drafts' names included.
KNOWN_TYPES: Final = (*sorted(RUN_TYPES), *SESSION_TYPES, *_RENAMED)


def type_of(row: Row) -> str:
    """Return a row's event type, by its name in version 1.0."""
    name: str = row["EventType"]
    return _RENAMED.get(name, name)


@dataclass
class Submission:
    """One run, and the rows that tell of it.

    Attributes:
        compiled: Its `Compile`, where there is one.
        errors: Its `Compile.Error`s, in order.
        executed: Its `Run.Program`s and `Submit`, in order.
        tests: Its `Run.Test`s, in order.
    """

    compiled: Row | None = None
    errors: list[Row] = field(default_factory=list)
    executed: list[Row] = field(default_factory=list)
    tests: list[Row] = field(default_factory=list)

    @property
    def first(self) -> Row:
        """The row that gives the run its place and time: the `Compile`, else the first there is."""
        if self.compiled is not None:
            return self.compiled
        return [*self.executed, *self.errors, *self.tests][0]

    @property
    def rows(self) -> list[Row]:
        """All rows."""
        compiled = [] if self.compiled is None else [self.compiled]
        return [*compiled, *self.errors, *self.executed, *self.tests]

    @property
    def is_run(self) -> bool:
        """Whether something ran: a submission, or tests, alone are only a check of it."""
        ran = any(type_of(row) == "Run.Program" for row in self.executed)
        return self.compiled is not None or bool(self.errors) or ran


def submissions_of(rows: Sequence[Row]) -> list[Submission]:
    """Return the submissions that rows of one student, in order, tell of."""
    groups = _Groups(rows)
    groups.add(Submission(compiled=row) for row in rows if type_of(row) == "Compile")
    for kind, join in (
        ("Run.Program", groups.execute),
        ("Submit", groups.execute),
        ("Compile.Error", groups.blame),
        ("Run.Test", groups.test),
    ):
        for place, row in enumerate(rows):
            if type_of(row) == kind:
                join(place, row)
    return sorted(groups.all, key=lambda each: groups.place[each.first["row"]])


class _Groups:
    """The submissions that are known so far, by what may name them."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self.place = {row["row"]: place for place, row in enumerate(rows)}
        self._of_row: dict[int, Submission] = {}
        self._rows_by_id: dict[str, list[Row]] = defaultdict(list)
        self._children: dict[str, list[Row]] = defaultdict(list)
        self._by_execution: dict[str, Submission] = {}
        self.all: list[Submission] = []
        for row in rows:
            if row["EventID"] is not None:
                self._rows_by_id[row["EventID"]].append(row)
            if row["ParentEventID"] is not None:
                self._children[row["ParentEventID"]].append(row)

    def add(self, submissions: Iterable[Submission]) -> None:
        for submission in submissions:
            self.all.append(submission)
            for row in submission.rows:
                self._of_row[row["row"]] = submission

    def execute(self, place: int, row: Row) -> None:
        """Put a `Run.Program` or `Submit` to the submission that it belongs to."""
        found = self._named(row) or self._of_child(row) or self._of_execution(row)
        found = found or self._of_sibling(row)
        if found is None or (type_of(row) == "Run.Program" and _is_executed(found)):
            found = self._beside(place, row) if type_of(row) == "Run.Program" else None
        if found is None:
            found = Submission()
            self.all.append(found)
        found.executed.append(row)
        self._join(row, found)

    def blame(self, place: int, row: Row) -> None:
        """Put a `Compile.Error` to its `Compile`; without one it tells of a run by itself."""
        found = self._named(row) or self._latest_compile(place, row)
        if found is None:
            found = Submission()
            self.all.append(found)
        found.errors.append(row)
        self._join(row, found)

    def test(self, place: int, row: Row) -> None:
        """Put a `Run.Test` to what was tested, else to the student's run before it."""
        found = self._named(row) or self._of_execution(row) or self._before(place, row)
        if found is None:
            found = Submission()
            self.all.append(found)
        found.tests.append(row)
        self._join(row, found)

    def _join(self, row: Row, submission: Submission) -> None:
        self._of_row[row["row"]] = submission
        if row["ExecutionID"] is not None:
            self._by_execution.setdefault(row["ExecutionID"], submission)

    def _named(self, row: Row) -> Submission | None:
        """Return the submission of the row that `ParentEventID` names."""
        for parent in self._rows_by_id.get(row["ParentEventID"] or "", ()):
            if parent["row"] in self._of_row and parent["row"] != row["row"]:
                return self._of_row[parent["row"]]
        return None

    def _of_child(self, row: Row) -> Submission | None:
        """Return the submission of the first `Compile` or run that names this row its parent."""
        for child in self._children.get(row["EventID"] or "", ()):
            found = self._of_row.get(child["row"])
            if found is not None and (found.compiled is child or type_of(row) == "Submit"):
                return found
        return None

    def _of_sibling(self, row: Row) -> Submission | None:
        """Return that of a `Compile` with the same parent which nothing was executed of."""
        if row["ParentEventID"] not in self._rows_by_id:
            return None  # drafts write -1 for no parent
        for sibling in self._children.get(row["ParentEventID"] or "", ()):
            found = self._of_row.get(sibling["row"])
            if found is not None and found.compiled is sibling and not _is_executed(found):
                return found
        return None

    def _of_execution(self, row: Row) -> Submission | None:
        return self._by_execution.get(row["ExecutionID"] or "")

    def _beside(self, place: int, row: Row) -> Submission | None:
        """Return the `Compile` of the same code just before or after a run that names none."""
        for step in (-1, 1):
            found = self._neighbour(place, step)
            if (
                found is not None
                and found.compiled is not None
                and not _is_executed(found)
                and _same_code(found.compiled, row)
                and (step < 0 or row["CodeStateID"] is not None)
                and not self._belongs_elsewhere(found.compiled)
            ):
                return found
        return None

    def _belongs_elsewhere(self, compiled: Row) -> bool:
        """Tell whether a `Compile` names a row that is there as its parent."""
        return compiled["ParentEventID"] in self._rows_by_id

    def _neighbour(self, place: int, step: int) -> Submission | None:
        place += step
        while 0 <= place < len(self._rows):
            row = self._rows[place]
            if type_of(row) == "Compile":
                return self._of_row.get(row["row"])
            if type_of(row) not in ("Compile.Error", "Run.Test"):
                return None
            place += step
        return None

    def _latest_compile(self, place: int, row: Row) -> Submission | None:
        found = self._neighbour(place, -1)
        if found is not None and found.compiled is not None and _same_code(found.compiled, row):
            return found
        return None

    def _before(self, place: int, row: Row) -> Submission | None:
        for at in range(place - 1, -1, -1):
            earlier = self._rows[at]
            found = self._of_row.get(earlier["row"])
            if found is not None:
                return found if _same_problem(earlier, row) else None
        return None


def _is_executed(submission: Submission) -> bool:
    return any(type_of(row) == "Run.Program" for row in submission.executed)


def _same_code(one: Row, other: Row) -> bool:
    return one["CodeStateID"] == other["CodeStateID"] and _same_problem(one, other)


def _same_problem(one: Row, other: Row) -> bool:
    return (one["AssignmentID"], one["ProblemID"]) == (other["AssignmentID"], other["ProblemID"])
