"""Events read back from a data set that Cellpulse wrote: each field as it was."""

import json
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from flows.progsnap2.columns import EMPTY_FIELDS, FIELD_COLUMNS, JSON_FIELDS
from flows.progsnap2.submissions import Row

#: The log gives the time of arrival anew, and the course is the one that is imported into.
_NOT_KEPT: Final = ("received_at", "course_id", "event_id")
_NUMBERS: Final = (
    "schema_version",
    "seq",
    "execution_count",
    "code_lines",
    "code_chars",
    "duration_ms",
    "points",
    "points_possible",
)


def event_of(row: Row, course_id: str, *, keep_id: bool) -> dict[str, Any] | None:
    """Return the fields of the event that a row is; None where the row is made of another.

    Args:
        row: The row.
        course_id: The course that it goes to.
        keep_id: Whether the event keeps its id. It can't where the installation has it already,
            in another course.
    """
    columns = json.loads(row["rest"]) | row
    if not columns.get("X-Type"):
        return None
    event: dict[str, Any] = {"course_id": course_id}
    for field, column in FIELD_COLUMNS.items():
        text = columns.get(column)
        if text is not None and field not in _NOT_KEPT:
            event[field] = json.loads(text) if _is_json(field) else text
    event |= dict.fromkeys((columns.get(EMPTY_FIELDS) or "").split(";"), "")
    event.pop("", None)
    if event.get("passed") is not None:
        event["passed"] = event["passed"].lower() == "true"
    if row["code"] is not None:
        event["code"] = row["code"]
    event["event_id"] = _id_of(row["EventID"], course_id, keep_id=keep_id)
    return event


def _is_json(field: str) -> bool:
    return field in JSON_FIELDS or field in _NUMBERS


def _id_of(text: str | None, course_id: str, *, keep_id: bool) -> str:
    try:
        own = UUID(text or "")
    except ValueError:
        own = uuid5(NAMESPACE_URL, f"cellpulse:{text}")
    return str(own if keep_id else uuid5(own, course_id))
