"""Answers about instructors' marks: what they noted about moments of class."""

import re
from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from analytics.responses import Answer
from ingest_api.events import Identifier, UtcTime

#: Longest text of a mark, in characters: it has to be read on an axis.
LONGEST_TEXT: Final = 100
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def _check_text(value: str) -> str:
    if _FORBIDDEN.search(value):
        raise ValueError("must not contain control characters or line breaks")
    return value


MarkText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT),
    AfterValidator(_check_text),
]


class ClassMark(Answer):
    """What an instructor noted about a moment of class."""

    mark_id: str
    at: Annotated[datetime, Field(description="The moment, UTC.")]
    text: Annotated[str, Field(description="What was noted, in the instructor's words.")]
    set_at: Annotated[datetime, Field(description="When it was noted, UTC.")]
    set_by: Annotated[str | None, Field(description="Who noted it, in their own words.")]


class ClassMarks(Answer):
    """Answer of `GET /courses/{course_id}/marks`: in order of the moments."""

    course_id: str
    marks: list[ClassMark]


class ClassMarkRequest(Answer):
    """Body of `POST /courses/{course_id}/marks`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[
        MarkText, Field(description="What to note, for example what was just explained.")
    ]
    at: Annotated[
        UtcTime | None, Field(description="The moment (ISO 8601), not in the future; default: now.")
    ] = None
    by: Annotated[
        Identifier | None,
        Field(description="Who, for the others to see; whoever signed in goes by that name."),
    ] = None


class ClassMarkSet(Answer):
    """Answer of `POST /courses/{course_id}/marks`."""

    course_id: str
    mark: ClassMark


class ClassMarkRemoved(Answer):
    """Answer of `DELETE /courses/{course_id}/marks/{mark_id}`."""

    course_id: str
    mark_id: str
