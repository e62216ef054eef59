"""Parameters of the aggregation API: their types, limits and meaning."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import unquote

from fastapi import Path, Query
from pydantic import AfterValidator, TypeAdapter, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from analytics.measures.measure import By
from ingest_api.events import CourseId, Identifier, UtcTime
from ingest_api.faults import fault_words
from ingest_api.problems import Problem

_LONGEST_BUCKET: Final = timedelta(days=1)
_IDENTIFIER: Final = TypeAdapter[str](Identifier)
_COURSE_ID: Final = TypeAdapter[str](CourseId)


class EncodedPaths:
    """Routes on the path as it was sent, so that `%2F` in an id is not taken for a separator.

    Servers decode a path before it is routed; here `decoded_id` decodes the ids after it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and scope.get("raw_path"):
            # In place: whoever counts requests learns from the same scope which route was found.
            scope["path"] = scope["raw_path"].decode("utf-8", "replace")
        await self._app(scope, receive, send)


def decoded_id(encoded: str) -> str | None:
    """Return the id that a path names, or None where no course or student can have it."""
    try:
        return _IDENTIFIER.validate_python(unquote(encoded))
    except ValidationError:
        return None


def require_course_id(course_id: str) -> None:
    """Go on only where the stores can keep a course of this id.

    Raises:
        Problem: 422, they can't.
    """
    try:
        _COURSE_ID.validate_python(course_id)
    except ValidationError as error:
        reason = fault_words(error.errors()[0])
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"the course's id: {reason}") from error


def require_span(start: datetime | None, until: datetime | None) -> None:
    """Go on only where a span of time, if it has both ends, does not end before it begins.

    Raises:
        Problem: 422, it does.
    """
    if start is not None and until is not None and start >= until:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "'from' must be before 'to'")


def bucket_length(bucket: str) -> timedelta:
    """Return the length of a bucket like `1m`, `15m` or `2h`.

    Raises:
        ValueError: It is not from 1 to 1440 minutes.
    """
    number, unit = int(bucket[:-1]), bucket[-1]
    length = timedelta(hours=number) if unit == "h" else timedelta(minutes=number)
    if not timedelta(minutes=1) <= length <= _LONGEST_BUCKET:
        raise ValueError("must be 1 to 1440 minutes, like 1m, 15m or 1h")
    return length


def _check_bucket(bucket: str) -> str:
    bucket_length(bucket)
    return bucket


EncodedCourseId = Annotated[
    str, Path(alias="course_id", description="The course, percent-encoded (a slash is %2F).")
]
EncodedStudentId = Annotated[
    str, Path(alias="student_id", description="The student, percent-encoded (a slash is %2F).")
]
Limit = Annotated[int, Query(ge=1, le=1000, description="Most events of the page.")]
Before = Annotated[
    str | None,
    Query(
        pattern="^[0-9]{1,16}-[0-9]{1,6}$",
        description="Only events before this log position: `next_before` of the page before.",
    ),
]
WithHeartbeats = Annotated[
    bool,
    Query(
        alias="heartbeats",
        description="Whether heartbeats are among them, which say nothing but that somebody was "
        "there.",
    ),
]
Bucket = Annotated[
    str,
    Query(
        pattern="^[0-9]{1,4}[mh]$",
        description="Length of a bucket: 1 to 1440 minutes, like `1m`, `15m` or `1h`. Buckets "
        "start at multiples of it since 1970-01-01 00:00 UTC.",
    ),
    AfterValidator(_check_bucket),
]
From = Annotated[
    UtcTime | None,
    Query(
        alias="from",
        description="The first bucket is the one that holds this time (ISO 8601; UTC where no "
        "zone is given). Default: 3 hours before the end.",
    ),
]
To = Annotated[
    UtcTime | None,
    Query(
        alias="to",
        description="The last bucket is the one that ends with or holds this time. Default: the "
        "end of the minute of the latest event, of the exercise where one is given.",
    ),
]
MeasureName = Annotated[
    str, Path(alias="name", description="The measure; GET /api/v1/measures lists them.")
]
MeasureBy = Annotated[
    By,
    Query(
        alias="by",
        description="What a row is of; `run` opens a number into the runs and check results "
        "behind it.",
    ),
]
SeenFrom = Annotated[
    UtcTime | None,
    Query(alias="from", description="Only events of this time (ISO 8601) or later."),
]
SeenTo = Annotated[UtcTime | None, Query(alias="to", description="Only events before this time.")]
PlannedFrom = Annotated[
    UtcTime | None,
    Query(alias="from", description="Only what is planned for this time (ISO 8601) or later."),
]
PlannedTo = Annotated[
    UtcTime | None, Query(alias="to", description="Only what is planned for before this time.")
]
SessionFrom = Annotated[
    UtcTime,
    Query(alias="from", description="Begin of the session of class; GET …/class_sessions has it."),
]
SessionTo = Annotated[
    UtcTime, Query(alias="to", description="Its end: only events before this time.")
]
AsOfText = Annotated[
    str | None,
    Query(
        alias="as_of",
        max_length=64,
        description="Only what the log held then: a time, or `position` of an earlier answer.",
    ),
]
OnlyStudent = Annotated[
    Identifier | None, Query(alias="student_id", description="Only what is of this student.")
]
OnlySection = Annotated[
    Identifier | None,
    Query(
        alias="section",
        description="Only students of this section, as if they were the whole class; the roster's "
        "sections are those of now.",
    ),
]
OnlyExercise = Annotated[
    str | None,
    Query(
        alias="exercise",
        max_length=200,
        description="Only what is of this exercise; empty for outside exercises.",
    ),
]
InExercise = Annotated[
    str,
    Query(
        alias="exercise",
        max_length=200,
        description="The exercise; empty for outside exercises.",
    ),
]
LastMinutes = Annotated[
    int,
    Query(
        ge=1,
        le=100_000,
        description="Only events of the last so many minutes, where no `from` is given.",
    ),
]
MarkedAt = Annotated[
    UtcTime | None,
    Query(
        alias="at",
        description="When the mark was made (ISO 8601): `at` of the answer to POST, or of `mark` "
        "in the list. Default: the latest of one's own marks that hold, else the latest of all.",
    ),
]
MarkId = Annotated[
    str, Path(alias="mark_id", max_length=100, description="The mark: `mark_id` of the list.")
]
TableName = Annotated[str, Path(alias="table", description="The table; GET …/tables lists them.")]
Snapshot = Annotated[
    int,
    Query(ge=0, lt=2**63, description="The lake's snapshot: `as_of.snapshot` of the list."),
]
AsOfSnapshot = Annotated[
    str | None,
    Query(
        alias="as_of",
        max_length=64,
        description="The number of a snapshot, or a time (ISO 8601), which means the latest "
        "snapshot made by then. Default: the newest.",
    ),
]
After = Annotated[
    str | None,
    Query(
        pattern="^[0-9]{1,16}-[0-9]{1,6}$",
        description="Only events after this log position: that of the last event of the file "
        "before.",
    ),
]
