"""Where each field of an event stands in the main table of a ProgSnap2 data set that is ours.

Version 1.0 of the format: https://cssplice.org/progsnap2/. What it has no column or event type
for has a name that begins with `X-`, as it asks.
"""

from typing import Final

#: Field of the event → its column, for fields that a column holds as they are. A text that is
#: there and empty is named in `EMPTY_FIELDS`, for CSV can't tell it from none.
FIELD_COLUMNS: Final = {
    "event_id": "EventID",
    "student_id": "SubjectID",
    "course_id": "CourseID",
    "notebook": "AssignmentID",
    "exercise": "ProblemID",
    "occurred_at": "ClientTimestamp",
    "received_at": "ServerTimestamp",
    "type": "X-Type",
    "schema_version": "X-SchemaVersion",
    "session_id": "X-SessionID",
    "seq": "X-Seq",
    "cell_id": "X-CellID",
    "execution_count": "X-ExecutionCount",
    "status": "X-Status",
    "error_name": "X-ErrorName",
    "error_message": "X-ErrorMessage",
    "duration_ms": "X-DurationMs",
    "code_sha256": "X-CodeSHA256",
    "code_lines": "X-CodeLines",
    "code_chars": "X-CodeChars",
    "output": "X-Output",
    "check_name": "X-CheckName",
    "passed": "X-Passed",
    "points": "X-Points",
    "points_possible": "X-PointsPossible",
    "help_message": "X-HelpMessage",
    "hook_version": "X-HookVersion",
    "truncated": "X-Truncated",
    "extra": "X-Extra",
}
#: The fields whose column holds JSON.
JSON_FIELDS: Final = ("truncated", "extra")
#: Names of the fields that are empty texts, with a semicolon between them.
EMPTY_FIELDS: Final = "X-EmptyFields"

#: Columns of the standard that our rows use, besides those above.
STANDARD_COLUMNS: Final = (
    "EventType",
    "EventID",
    "Order",
    "SubjectID",
    "ToolInstances",
    "CodeStateID",
    "ServerTimestamp",
    "ClientTimestamp",
    "CourseID",
    "AssignmentID",
    "ProblemID",
    "SessionID",
    "ParentEventID",
    "CodeStateSection",
    "CompileResult",
    "CompileMessageType",
    "CompileMessageData",
    "SourceLocation",
    "ExecutionID",
    "TestID",
    "ExecutionResult",
    "Score",
)
#: All columns of our main table, in order.
COLUMNS: Final = (
    *STANDARD_COLUMNS,
    *(column for column in FIELD_COLUMNS.values() if column not in STANDARD_COLUMNS),
    EMPTY_FIELDS,
)

#: Type of event → type in the data set. A cell run is a `Run.Program` with a `Compile` before it.
EVENT_TYPES: Final = {
    "cell_run": "Run.Program",
    "session_started": "Session.Start",
    "session_ended": "Session.End",
    "check_result": "Run.Test",
    "help_requested": "X-HelpRequested",
    "help_resolved": "X-HelpResolved",
    "heartbeat": "X-Heartbeat",
}
EXECUTION_RESULTS: Final = {"ok": "Success", "error": "Error", "interrupted": "Timeout"}
#: Errors of Python that come before a cell runs: these are `Compile.Error`.
COMPILE_ERRORS: Final = frozenset({"SyntaxError", "IndentationError", "TabError"})
