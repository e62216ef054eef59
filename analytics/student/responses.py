"""Answers about one student: notes by instructors, and earlier times at work."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from analytics.responses import Answer, AsOf
from ingest_api.events import Identifier

#: Most characters of a note.
LONGEST_NOTE = 2_000


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not contain the character NUL")
    return text


class Note(Answer):
    """What an instructor noted about a student."""

    note_id: str
    text: str
    at: Annotated[datetime, Field(description="When it was written, UTC.")]
    by: Annotated[str | None, Field(description="Who wrote it; null where that was not said.")]


class Notes(Answer):
    """Answer of `GET` and the changes of `…/students/{student_id}/notes`: newest first."""

    course_id: str
    student_id: str
    notes: list[Note]
    removed: Annotated[
        list[Note],
        Field(description="Notes that were removed in the last minutes and can be brought back."),
    ]


class NoteRequest(Answer):
    """Body of `POST /courses/{course_id}/students/{student_id}/notes`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NOTE),
        AfterValidator(_without_nul),
        Field(description="What is noted; students never see it."),
    ]
    by: Annotated[
        Identifier | None,
        Field(description="Who, for the others to see; whoever signed in goes by that name."),
    ] = None


class Sitting(Answer):
    """What a student did between two breaks of an hour or more."""

    started_at: Annotated[datetime, Field(description="Time of its first event, UTC.")]
    ended_at: Annotated[datetime, Field(description="Time of its latest event, UTC.")]
    runs: Annotated[int, Field(description="Cell runs.")]
    errors: Annotated[int, Field(description="Cell runs that ended in an error.")]
    work_seconds: Annotated[
        float, Field(description="Time between actions, at most 5 minutes of each, in seconds.")
    ]
    notebooks: Annotated[list[str], Field(description="Notebooks that were run.")]
    exercises: Annotated[int, Field(description="Exercises that were run.")]
    solved: Annotated[
        list[str], Field(description="Exercises of which a check passed here for the first time.")
    ]


class Sittings(Answer):
    """Answer of `GET /courses/{course_id}/students/{student_id}/sittings`: newest first."""

    as_of: AsOf
    course_id: str
    student_id: str
    sittings: list[Sitting]
