"""Events made of one student's rows of a data set that is not ours: see docs/formats.md."""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID, uuid5

from flows.progsnap2.main_table import PLACE, Found
from flows.progsnap2.submissions import (
    SESSION_TYPES,
    Row,
    Submission,
    submissions_of,
    type_of,
)
from ingest_api.events import TEXT_CAPS

_NAMESPACE: Final = UUID("5f0c8a57-9f0e-5f0c-8f4e-0c5a6f2f7d11")
_LONGEST_ID: Final = 200
_NEAR: Final = 1e-9
_ERROR_KIND: Final = re.compile(r"(?:^|[\s|:])([A-Za-z_][\w.]*(?:Error|Exception))\b")
#: A place in a text, as the format writes it: Text:LINE, Text:LINE:COLUMN.
_LINE: Final = re.compile(r"Text:([0-9]{1,9})")
_TRACEBACK_END: Final = re.compile(r"^([A-Za-z_][\w.]*)(?::|$)", re.MULTILINE)
_NOT_IN_IDS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\\]")
_UNKNOWN: Final = "UNKNOWN"
_IDS: Final = (
    "EventType",
    "EventID",
    "ParentEventID",
    "CodeStateID",
    "SessionID",
    "ExecutionID",
    "ExecutionResult",
    "SourceLocation",
)
_ERRORS_KEPT: Final = 20


@dataclass(frozen=True)
class Draft:
    """An event before it is validated, with its place.

    Attributes:
        row: The row that gives it its place.
        rows: The rows that tell of it, the one that tells most first.
        fields: Fields of the event.
    """

    row: Row
    rows: Sequence[Row]
    fields: dict[str, Any]


@dataclass
class Student:
    """Makes the events of one student.

    Attributes:
        course_id: The course that they go to.
        found: What the whole main table told.
        by_message: Whether a compiler's errors are named by what they say, not by their type.
        rewritten: Ids and names that did not fit and were changed, as they were.
    """

    course_id: str
    found: Found
    by_message: bool = False
    rewritten: set[str] = field(default_factory=set)
    _seq: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _known: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def events_of(self, rows: Sequence[Row]) -> Iterator[Draft]:
        """Yield the events of one student's rows, in the data set's order, numbered by session."""
        self._seq.clear()
        self._known.clear()
        places = {row["row"]: place for place, row in enumerate(rows)}
        drafts = [
            Draft(row, [row], {"type": SESSION_TYPES[type_of(row)]}) for row in rows if _is_end(row)
        ]
        runs_in_submits = not any(
            name in self.found.event_types for name in ("Compile", "Run.Program", "Program.Run")
        )
        for submission in submissions_of([row for row in rows if not _is_end(row)]):
            if submission.is_run or runs_in_submits:
                run = [submission.first, *submission.executed, *submission.errors]
                drafts.append(Draft(submission.first, run, self._run(submission)))
            drafts += self._checks(submission)
        for draft in sorted(drafts, key=lambda draft: places[draft.row["row"]]):
            yield self._numbered(draft)

    def _run(self, submission: Submission) -> dict[str, Any]:
        compiled, executed = submission.compiled, submission.executed
        event: dict[str, Any] = {"type": "cell_run", "status": "ok"} | _code(submission)
        results = [row["ExecutionResult"] or "" for row in executed]
        compiler = [compiled, *executed] if compiled else executed
        if submission.errors or any(_is_error(row["CompileResult"]) for row in compiler):
            event["status"] = "error"
            event |= self._compile_error([*submission.errors, *compiler])
        elif any(_is_error(result) for result in results):
            event["status"] = "error"
            event |= self._execution_error(executed)
        elif any(result.lower() == "timeout" for result in results):
            event["status"] = "interrupted"
        return event

    def _compile_error(self, rows: list[Row]) -> dict[str, Any]:
        """Return what the first error is called and says, and where they differ all names."""
        said = next((row["CompileMessageData"] for row in rows if row["CompileMessageData"]), None)
        names = [self._fitting_text("error_name", name) for name in map(self._error_name, rows)]
        known = list(dict.fromkeys(name for name in names if name is not None))
        several = {"error_names": known} if len(known) > 1 else {}
        line = next((line for line in map(_line_of, rows) if line is not None), None)
        place = {} if line is None else {"error_line": line}
        named = {"error_name": known[0] if known else None, "error_message": said}
        return named | several | place

    def _error_name(self, row: Row) -> str | None:
        kind, said = row["CompileMessageType"], row["CompileMessageData"]
        if said and (kind is None or self.by_message):
            return kind_of_message(said)
        return str(kind) if kind is not None else None

    def _execution_error(self, rows: list[Row]) -> dict[str, Any]:
        for row in rows:
            said = row["ProgramErrorOutput"] or row["CompileMessageData"]
            if said or row["CompileMessageType"]:
                kind = row["CompileMessageType"] or kind_of_output(said or "")
                return {"error_name": self._fitting_text("error_name", kind), "error_message": said}
        return {}

    def _checks(self, submission: Submission) -> Iterator[Draft]:
        for row in submission.executed:
            result = self._result(row)
            if result is not None:
                check = {"type": "check_result", "check_name": "score"} | result
                yield Draft(submission.first, [row], check)
                break
        for row in submission.tests:
            result = self._result(row) or {"passed": row["ExecutionResult"] == "Success"}
            check = {"type": "check_result", "check_name": row["TestID"] or "test"} | result
            yield Draft(submission.first, [row], check)

    def _result(self, row: Row) -> dict[str, Any] | None:
        """Return what a row says of the check of a run; None where it says nothing."""
        if row["Score"] is not None:
            score = float(row["Score"])
            # Some data sets count in per cent, or in points.
            full = self.found.highest_score if self.found.highest_score > 1 + _NEAR else 1.0
            if 0 <= score < float("inf"):
                passed = score >= full - _NEAR
                return {"passed": passed, "points": score, "points_possible": full}
        if row["Correct"] is not None:
            return {"passed": row["Correct"].lower() in ("true", "1", "1.0", "yes", "t")}
        if row["ExecutionResult"] == "TestFailed":
            return {"passed": False}
        return None

    def _numbered(self, draft: Draft) -> Draft:
        """Add who, where, when, and what tells a repeat."""
        row, event = draft.row, dict(draft.fields)
        exercise = row["ProblemID"]
        if event["type"] not in SESSION_TYPES.values():
            exercise = exercise or row["AssignmentID"]
        student = self.fitting_id(row["SubjectID"] or _UNKNOWN)
        session = self.fitting_id(row["SessionID"] or f"progsnap2:{row['SubjectID'] or _UNKNOWN}")
        self._seq[session] += 1
        event |= {
            "course_id": self.course_id,
            "student_id": student,
            "session_id": session,
            "seq": self._seq[session],
            "notebook": self._fitting_text("notebook", row["AssignmentID"]),
            "exercise": self._fitting_text("exercise", exercise),
            "extra": _rest(draft.rows),
        }
        if event.get("check_name"):
            event["check_name"] = self._fitting_text("check_name", event["check_name"])
        event["event_id"] = self._event_id(student, row, event)
        return Draft(row, draft.rows, event)

    def _event_id(self, student: str, row: Row, event: dict[str, Any]) -> str:
        of_row = row["EventID"] or row["row"]
        name = json.dumps([self.course_id, student, of_row, event["type"], event.get("check_name")])
        self._known[name] += 1
        return str(uuid5(_NAMESPACE, f"{name}#{self._known[name]}"))

    def fitting_id(self, text: str) -> str:
        """Return an id as the contract of events allows it, and note where it was changed."""
        fitting = _NOT_IN_IDS.sub(lambda odd: quote(odd[0].encode("utf-8", "replace")), text)
        if not _has_visible(fitting):
            fitting = quote(fitting, safe="")
        fitting = _shortened(fitting, _LONGEST_ID)
        if fitting != text:
            self.rewritten.add(text)
        return fitting

    def _fitting_text(self, name: str, text: str | None) -> str | None:
        """Return a name within its cap, so that two long ones do not become one."""
        if text is None or len(text) <= TEXT_CAPS[name]:
            return text
        self.rewritten.add(text)
        return _shortened(text, TEXT_CAPS[name])


def kind_of_message(message: str) -> str:
    """Return what a compiler's message says, without the place that it is about.

    A message that names a class of error, as Python's do, is of that kind; others are of their
    own, without `line 7: error: ` and a full stop at the end.
    """
    said = PLACE.sub("", message).strip()
    named = re.match(r"([A-Za-z_][\w.]*(?:Error|Exception)):", said)
    return named[1] if named else said.removesuffix(".")


def kind_of_output(output: str) -> str | None:
    """Return the name of the error that a program's output speaks of first.

    After Python's traceback it is the one at the end, for it shows code before it, and before the
    last traceback the errors that led there.
    """
    _, _, traceback = output.rpartition("Traceback (most recent call last)")
    named = _TRACEBACK_END.search(traceback) if traceback != output else None
    named = named or _ERROR_KIND.search(output)
    return named[1] if named else None


def _line_of(row: Row) -> int | None:
    """Return the line that an error is said to be in."""
    found = _LINE.match(row["SourceLocation"] or "") or PLACE.match(row["CompileMessageData"] or "")
    return int(found[1]) if found else None


def _code(submission: Submission) -> dict[str, Any]:
    code = next((row["code"] for row in submission.rows if row["code"] is not None), None)
    if code is None:
        return {}
    return {
        "code": code,
        "code_sha256": hashlib.sha256(code.encode("utf-8", "replace")).hexdigest(),
        "code_lines": len(code.splitlines()),
        "code_chars": len(code),
    }


def _rest(rows: Sequence[Row]) -> dict[str, Any]:
    """Return what no field of the event holds; of a column in several rows, what the first has."""
    rest: dict[str, Any] = {}
    for row in rows:
        known = {name: row[name] for name in _IDS if row[name] is not None}
        rest = known | json.loads(row["rest"]) | rest
    errors = [row for row in rows if type_of(row) == "Compile.Error"]
    if len(errors) > 1:
        rest["CompileMessages"] = [
            (row["CompileMessageData"] or "")[:_LONGEST_ID] for row in errors[:_ERRORS_KEPT]
        ]
    return rest


def _is_end(row: Row) -> bool:
    return type_of(row) in SESSION_TYPES


def _is_error(result: str | None) -> bool:
    return result is not None and result.lower().endswith("error")


def _has_visible(text: str) -> bool:
    return any(character.isprintable() and not character.isspace() for character in text)


def _shortened(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{text[: longest - 9]}-{digest}"
