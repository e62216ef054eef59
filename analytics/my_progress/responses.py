"""Answers about one student, for that student: own exercises, what instructors see, own wishes."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from analytics.attention.responses import Mark, Reason
from analytics.responses import Answer, AsOf

#: How far a student is with an exercise.
ExerciseState = Literal["not_started", "working", "failing", "solved", "ran"]


class OwnExercise(Answer):
    """How far one student is with one exercise."""

    exercise: str
    title: Annotated[str | None, Field(description="Its title as it was registered.")] = None
    notebook: Annotated[str | None, Field(description="Notebook in which it is.")] = None
    state: Annotated[
        ExerciseState,
        Field(
            description="'solved' by a passed check; 'ran' without error, where no check tells; "
            "'failing' as long as its latest runs end in an error; 'working' for all else."
        ),
    ]
    is_solved: Annotated[
        bool,
        Field(
            description="Whether it counts as solved: by a passed check, or by a run without error "
            "where nobody's check of it ever reported."
        ),
    ]
    failed_runs: Annotated[
        int, Field(description="Its latest runs in a row with an error; 0 unless it is failing.")
    ]


class Hand(Answer):
    """A raised hand."""

    since: Annotated[
        datetime,
        Field(
            description="Since when it waits, UTC: it was raised then, or is still up after a help."
        ),
    ]
    place: Annotated[
        int | None,
        Field(
            description="Its place among the raised hands on the list, from 1; null where an "
            "instructor took it off the list, as one who helped does."
        ),
    ] = None


class OwnOverview(Answer):
    """Answer of `GET /courses/{course_id}/students/{student_id}/overview`."""

    as_of: AsOf
    course_id: str
    course_title: str
    time_zone: Annotated[
        str | None,
        Field(description="IANA name of the zone whose time the page shows; null where none is."),
    ] = None
    student_id: str
    display_name: Annotated[str | None, Field(description="The name that the roster has.")] = None
    section: Annotated[str | None, Field(description="The section that the roster has.")] = None
    now: Annotated[datetime, Field(description="The moment that the answer is of, UTC.")]
    exercise: Annotated[str | None, Field(description="Exercise of the latest run.")] = None
    last_run_at: Annotated[datetime | None, Field(description="Time of the latest run, UTC.")] = (
        None
    )
    exercises: Annotated[list[OwnExercise], Field(description="In the order of the course.")]
    reasons: Annotated[
        list[Reason],
        Field(
            description="Why the student is on the instructors' list now; none when it is not. "
            "Of fewer than 5 others nothing is told."
        ),
    ]
    hand: Annotated[Hand | None, Field(description="Null while no hand is up.")] = None
    mark: Annotated[
        Mark | None,
        Field(description="That an instructor is coming or has helped just now; not who."),
    ] = None
    code_sent_at: Annotated[
        datetime | None,
        Field(description="When a run came whose code or output was recorded; null for never."),
    ] = None


class OwnPreferences(Answer):
    """What a student allows: answer, and body, of `…/students/{student_id}/preferences`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recording: Annotated[bool, Field(description="Whether runs and checks are recorded.")]
    code: Annotated[
        bool,
        Field(
            description="Whether code and output are recorded, where the notebook is set to send "
            "them."
        ),
    ]


class DeletionRequest(Answer):
    """That a student asks for everything about them in a course to be deleted."""

    course_id: str
    student_id: str
    requested_at: Annotated[
        datetime | None, Field(description="When it was asked for, UTC; null for not at all.")
    ] = None


class DeletionRequests(Answer):
    """Answer of `GET /deletion_requests`: what is still to be done, the oldest first."""

    requests: list[DeletionRequest]
