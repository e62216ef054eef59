"""The progress event: what every part of Cellpulse means by one thing that a student did.

This file is the wire contract. It depends on the standard library, pydantic and a UUIDv7 maker
only. Its JSON Schema is published at `/schema/event.json` and committed as
`ingest_api/schema/event.json`.
"""

import json
import re
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Final, Literal, Self
from unicodedata import category
from urllib.parse import quote
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)
from uuid_utils import uuid7

SCHEMA_VERSION: Final = 1

EventType = Literal[
    "cell_run",
    "session_started",
    "session_ended",
    "check_result",
    "help_requested",
    "help_resolved",
    "heartbeat",
]
RunStatus = Literal["ok", "error", "interrupted"]

#: Longest text that is kept of each field, in characters. Longer texts are cut, never refused.
TEXT_CAPS: Final = {
    "notebook": 450,  # with its course it is a key in PostgreSQL, whose keys end at 2,704 bytes
    "cell_id": 200,
    "exercise": 200,
    "error_name": 200,
    "error_message": 2_000,
    "output": 4_000,
    "code": 20_000,
    "check_name": 200,
    "help_message": 2_000,
    "hook_version": 50,
}
#: Longest JSON text that is kept of all unknown fields together, in characters.
EXTRA_CAP: Final = 16_000
#: Deepest nesting of an unknown field's value: every reader of JSON on the way follows so far.
EXTRA_DEPTH: Final = 100
#: Most bytes of a request's body, and of a message on the channel.
BODY_LIMIT: Final = 1024 * 1024
_CUTTABLE: Final = (*TEXT_CAPS, "extra")
#: Largest integer that JSON, JavaScript and every store hold exactly.
LARGEST_INTEGER: Final = 2**53 - 1

#: Longest course id when percent-encoded: a file system's names end at 255 bytes.
LONGEST_COURSE_FOLDER: Final = 255 - len("course_id=")

#: Unicode categories of blanks, of control and format characters such as a zero-width joiner.
_INVISIBLE: Final = ("Zs", "Zl", "Zp", "Cc", "Cf")
_FORBIDDEN_IN_IDS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\\]")
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def _check_identifier(value: str) -> str:
    if value.isascii() and value.isprintable() and "\\" not in value and not value.isspace():
        return value  # what nearly all are, without a look at each character
    if all(category(character) in _INVISIBLE for character in value):
        raise ValueError("must hold a character that can be seen")
    if _FORBIDDEN_IN_IDS.search(value):
        raise ValueError("must not contain control characters, line breaks or a backslash")
    return value


def _check_course_id(value: str) -> str:
    """Refuse what the lake can't name a folder after: `course_id=` and the id, percent-encoded."""
    if len(value.encode()) * len("%20") <= LONGEST_COURSE_FOLDER:
        return value
    if len(quote(value, safe="")) > LONGEST_COURSE_FOLDER:
        raise ValueError(
            f"must be at most {LONGEST_COURSE_FOLDER} characters when percent-encoded, where a "
            "letter outside of A to Z counts as 6 or more: give the course a shorter id"
        )
    return value


def to_utc(value: datetime) -> datetime:
    """Read a time without a zone as UTC, and keep every time in UTC."""
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    if not _EARLIEST <= aware < _LATEST:
        raise ValueError("must lie between the years 1970 and 2200")
    return aware.astimezone(UTC)


def not_a_truth_value(value: object) -> object:
    """Refuse true and false where a number is meant: pydantic would read them as 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("must be a number, not true or false")  # noqa: TRY004 - becomes a 422
    return value


Identifier = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    AfterValidator(_check_identifier),
]
CourseId = Annotated[Identifier, AfterValidator(_check_course_id)]
Count = Annotated[int, BeforeValidator(not_a_truth_value), Field(ge=0, le=LARGEST_INTEGER)]
Amount = Annotated[
    float,
    BeforeValidator(not_a_truth_value),
    Field(ge=0, le=LARGEST_INTEGER, allow_inf_nan=False),
]
UtcTime = Annotated[datetime, AfterValidator(to_utc)]


@cache
def _fields_of(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(model.model_fields)


class ProgressEvent(BaseModel):
    """One thing that happened, as a client reports it.

    `course_id`, `student_id` and, for a cell run, `status` are all that is needed. Fields that
    are not known here are kept under `extra`; texts over their cap are cut and named in
    `truncated`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    schema_version: Annotated[Count, Field(description="Version of this contract.")] = (
        SCHEMA_VERSION
    )
    event_id: Annotated[
        UUID | None,
        Field(description="UUIDv7 made by the client; made by the server when absent."),
    ] = None
    type: Annotated[EventType, Field(description="What happened.")] = "cell_run"
    course_id: Annotated[CourseId, Field(description="The course, as its operator names it.")]
    student_id: Annotated[Identifier, Field(description="The student within the installation.")]
    session_id: Annotated[
        Identifier | None, Field(description="One life of one kernel. Goes with `seq`.")
    ] = None
    seq: Annotated[
        Count | None,
        Field(
            description="Sequence number within the session: starts at 1 and goes up by 1, so that "
            "a repeat is recognised and a gap is a counted loss."
        ),
    ] = None
    notebook: Annotated[str | None, Field(description="Path of the notebook.")] = None
    cell_id: Annotated[str | None, Field(description="The cell's id in the notebook file.")] = None
    exercise: Annotated[
        str | None, Field(description="The exercise's name, unique within the course.")
    ] = None
    execution_count: Annotated[
        Count | None, Field(description="The number in the cell's prompt.")
    ] = None
    status: Annotated[
        RunStatus | None, Field(description="How the run ended. Required for a cell run.")
    ] = None
    error_name: Annotated[str | None, Field(description="For example `NameError`.")] = None
    error_message: Annotated[str | None, Field(description="The error's own text.")] = None
    duration_ms: Annotated[
        Amount | None, Field(description="Time that the run took, in milliseconds.")
    ] = None
    occurred_at: Annotated[
        UtcTime | None,
        Field(
            description="When it happened by the client's clock, UTC; a time without a zone is "
            "read as UTC. Set to `received_at` when absent."
        ),
    ] = None
    code_sha256: Annotated[
        str | None,
        Field(pattern="^[0-9a-f]{64}$", description="SHA-256 of the cell's code as UTF-8."),
    ] = None
    code_lines: Annotated[Count | None, Field(description="Lines of code in the cell.")] = None
    code_chars: Annotated[Count | None, Field(description="Characters in the cell.")] = None
    code: Annotated[
        str | None, Field(description="The code, only where course and student agreed to it.")
    ] = None
    output: Annotated[
        str | None, Field(description="The run's text output, only where agreed to.")
    ] = None
    check_name: Annotated[str | None, Field(description="Name of the check, for its result.")] = (
        None
    )
    passed: Annotated[bool | None, Field(description="Whether the check passed.")] = None
    points: Annotated[Amount | None, Field(description="Points that the check gave.")] = None
    points_possible: Annotated[
        Amount | None, Field(description="Points that the check can give.")
    ] = None
    help_message: Annotated[
        str | None, Field(description="What the student asks, in the student's words.")
    ] = None
    hook_version: Annotated[str | None, Field(description="Version of the cell hook.")] = None
    truncated: Annotated[
        list[str] | None, Field(description="Names of the fields that were cut to their cap.")
    ] = None
    extra: Annotated[
        dict[str, JsonValue] | None,
        Field(
            description="Fields that this version does not know, and what some clients tell: "
            "`error_line`, the line of the cell, from 1, at which it failed, and `exercise_by`, "
            "what named the exercise."
        ),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _keep_the_unknown_and_cut_the_long(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            raise ValueError("must be a JSON object")  # noqa: TRY004 - becomes a 422
        fields = _fields_of(cls)
        known: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for name, value in data.items():
            if name == "extra":
                continue
            if name in fields:
                known[name] = value
            else:
                extra[name] = value
        sent_extra = data.get("extra")
        if sent_extra is not None:
            extra |= sent_extra if isinstance(sent_extra, dict) else {"extra": sent_extra}
        cut = _cut_long_texts(known)
        if extra:
            if len(_json_text(extra)) > EXTRA_CAP:
                cut.append("extra")
            else:
                known["extra"] = extra
        earlier = known.pop("truncated", None)
        if isinstance(earlier, list):
            cut += [name for name in earlier if name in _CUTTABLE and name not in cut]
        if cut:
            known["truncated"] = cut
        return known

    @model_validator(mode="after")
    def _check_what_goes_together(self) -> Self:
        check_what_goes_together(self)
        return self


class StoredEvent(ProgressEvent):
    """A progress event as the log holds it: what the client sent and what the server added."""

    event_id: UUID
    occurred_at: UtcTime
    received_at: Annotated[UtcTime, Field(description="When the server accepted it, UTC.")]

    @staticmethod
    def accept(event: ProgressEvent, received_at: datetime) -> "StoredEvent":
        """Add what the server knows to an event that was validated."""
        fields = {
            **event.__dict__,
            "event_id": event.event_id or UUID(bytes=uuid7().bytes),
            "occurred_at": event.occurred_at or received_at,
            "received_at": received_at,
        }
        return StoredEvent.of_fields(fields)

    @staticmethod
    def of_fields(fields: dict[str, Any]) -> "StoredEvent":
        """Make an event of values that were validated, all of them and in the model's order."""
        stored = StoredEvent.__new__(StoredEvent)
        # As a copy is restored: `model_construct` looks at each field again, which takes longer
        # than all else that is done to an event.
        stored.__setstate__(
            {
                "__dict__": fields,
                "__pydantic_fields_set__": set(fields),
                "__pydantic_extra__": None,
                "__pydantic_private__": None,
            }
        )
        return stored

    def to_json(self) -> str:
        """Return the event as the log stores it: without the fields that it does not have."""
        return self.model_dump_json(exclude_none=True)

    def extra_json(self) -> str | None:
        """Return the unknown fields as JSON text, or None where there are none."""
        return None if self.extra is None else _json_text(self.extra)


def check_what_goes_together(event: Any) -> None:
    """Look at the fields of an event that need each other.

    Raises:
        ValueError: One lacks.
    """
    if event.type == "cell_run" and event.status is None:
        raise ValueError("status: a cell run needs one of 'ok', 'error', 'interrupted'")
    if (event.session_id is None) != (event.seq is None):
        raise ValueError("session_id and seq: give both or neither")
    if event.type == "check_result" and (event.check_name is None or event.passed is None):
        raise ValueError("check_name and passed: a check result needs both")


def _cut_long_texts(known: dict[str, Any]) -> list[str]:
    """Cut texts in place, make them storable, and return the names of those that were cut."""
    cut = []
    for name, cap in TEXT_CAPS.items():
        text = known.get(name)
        if not isinstance(text, str):
            continue
        if len(text) > cap:
            cut.append(name)
            text = text[:cap]
        # No store holds NUL or half a surrogate pair; the rest of the text is worth keeping.
        known[name] = text if text.isprintable() else _storable(text)
    return cut


def _storable(text: str) -> str:
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\x00", "\ufffd")


def _json_text(value: dict[str, Any]) -> str:
    if _is_nested_deeper(value, EXTRA_DEPTH):
        raise ValueError(f"unknown fields must not be nested deeper than {EXTRA_DEPTH} levels")
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        text.encode()
    except ValueError as error:
        raise ValueError(
            "unknown fields must be plain JSON: numbers of an ordinary size, valid Unicode"
        ) from error
    return text


def _is_nested_deeper(value: Any, levels: int) -> bool:
    """Tell whether arrays and objects stand in each other more than `levels` deep."""
    containers = [value]
    for _ in range(levels + 1):
        parts = [
            part
            for each in containers
            for part in (each.values() if isinstance(each, dict) else each)
        ]
        containers = [part for part in parts if isinstance(part, (dict, list))]
        if not containers:
            return False
    return True


def event_json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of one event as a client sends it."""
    schema = ProgressEvent.model_json_schema()
    schema["additionalProperties"] = True
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:cellpulse:event:{SCHEMA_VERSION}",
        **schema,
        "title": "Cellpulse progress event",
    }
