"""One event of ours as rows of a ProgSnap2 main table."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from flows.progsnap2.columns import (
    COMPILE_ERRORS,
    EMPTY_FIELDS,
    EVENT_TYPES,
    EXECUTION_RESULTS,
    FIELD_COLUMNS,
    JSON_FIELDS,
)

Row = dict[str, str]
_UNKNOWN_PLACE: Final = "Text:1"


def rows_of(event: Mapping[str, Any], code_state: str) -> Iterator[Row]:
    """Yield an event's rows: one, and for a cell run what the compiler did before it.

    Args:
        event: The event's row in the lake.
        code_state: The id of its code; '' where no code was shared.
    """
    row = _fields(event) | {
        "EventType": EVENT_TYPES[event["type"]],
        "ToolInstances": _tools(event),
        "CodeStateID": code_state,
    }
    if event["type"] == "cell_run":
        yield from _compile(event, row)
        row["ExecutionResult"] = EXECUTION_RESULTS[event["status"]]
    elif event["type"] == "check_result":
        row |= _test(event)
    elif event["type"] in ("session_started", "session_ended"):
        row["SessionID"] = event["session_id"] or event["event_id"]
    yield row


def _fields(event: Mapping[str, Any]) -> Row:
    row = {}
    empty = []
    for field, column in FIELD_COLUMNS.items():
        value = event[field]
        if value == "":
            empty.append(field)
        elif field in JSON_FIELDS:
            # The lake holds `extra` as JSON already.
            row[column] = value if isinstance(value, str) else _json(value)
        else:
            row[column] = text_of(value)
    if event["code"] == "":
        empty.append("code")
    row[EMPTY_FIELDS] = ";".join(empty)
    return row


def _compile(event: Mapping[str, Any], run: Row) -> Iterator[Row]:
    failed = event["status"] == "error" and event["error_name"] in COMPILE_ERRORS
    shared = ("SubjectID", "ToolInstances", "CodeStateID", "ServerTimestamp", "ClientTimestamp")
    of_run = {name: run[name] for name in (*shared, "CourseID")}
    of_run |= {name: run[name] for name in ("AssignmentID", "ProblemID") if run.get(name)}
    of_run["CodeStateSection"] = event["notebook"] or "notebook"
    compiled = f"{event['event_id']}-compile"
    yield of_run | {
        "EventType": "Compile",
        "EventID": compiled,
        "CompileResult": "Error" if failed else "Success",
    }
    if failed:
        yield of_run | {
            "EventType": "Compile.Error",
            "EventID": f"{event['event_id']}-compile-error",
            "ParentEventID": compiled,
            "CompileMessageType": event["error_name"],
            "CompileMessageData": event["error_message"] or event["error_name"],
            "SourceLocation": _UNKNOWN_PLACE,
        }


def _test(event: Mapping[str, Any]) -> Row:
    possible = event["points_possible"]
    score = min(1.0, (event["points"] or 0) / possible) if possible else float(event["passed"])
    name = event["check_name"] or "check"
    return {
        "ExecutionID": event["event_id"],
        # Ids of tests must not be used again in another problem.
        "TestID": f"{event['exercise']}/{name}" if event["exercise"] else name,
        "ExecutionResult": "Success" if event["passed"] else "TestFailed",
        "Score": repr(score),
    }


def _tools(event: Mapping[str, Any]) -> str:
    return "Cellpulse " + event["hook_version"] if event["hook_version"] else "Cellpulse"


def text_of(value: Any) -> str:
    """Return a value as the main table writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f%z")
    return repr(value) if isinstance(value, float) else str(value)


def _json(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)
