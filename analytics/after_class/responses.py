"""The answer about a session of class: what was planned and reached, what was hard, who asked."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from analytics.attention.responses import ErrorCluster
from analytics.class_view.responses import StreamExercise
from analytics.responses import Answer, AsOf


class ReportExercise(Answer):
    """An exercise that was registered or planned, or that somebody worked at in the session."""

    exercise: str
    title: Annotated[str | None, Field(description="As it was registered; null for none.")]
    notebook: Annotated[str | None, Field(description="As it was registered; null for none.")]
    registered: Annotated[bool, Field(description="Whether it is registered now.")]
    points: Annotated[float | None, Field(description="Null where none are known.")]
    due_at: Annotated[datetime | None, Field(description="UTC; null where nobody said.")]
    planned_at: Annotated[
        datetime | None,
        Field(
            description="By when it was to be begun, by the plan of the session, UTC; null where "
            "that does not have it."
        ),
    ] = None
    started: Annotated[int, Field(description="Students who worked at it in the session.")]
    begun_by_end: Annotated[
        int,
        Field(description="Of those who were there, who had begun it by the end, or earlier."),
    ]
    attempted: Annotated[
        int,
        Field(description="Students with a check result there; where it has no check, with a run."),
    ]
    solved: Annotated[
        int, Field(description="Of those who started it, who had solved it at the end.")
    ]
    solved_before: Annotated[
        int, Field(description="Of those who started it, who had solved it before the session.")
    ]
    solved_by: Annotated[
        str | None, Field(description="'check', or the weaker 'run'; null where nobody began.")
    ]
    runs: Annotated[int, Field(description="Cell runs in the session.")]
    errors: Annotated[int, Field(description="Those of them that ended in an error.")]
    difficulty: Annotated[
        float | None,
        Field(
            description="Share of those who attempted it that had not solved it at the end, 0 to "
            "1; null where nobody attempted it."
        ),
    ]
    lower: Annotated[float | None, Field(description="Lower end of its 95 % interval.")]
    upper: Annotated[float | None, Field(description="Upper end of it.")]


class ReportHelp(Answer):
    """A student who raised a hand in the session, or to whom somebody went."""

    student_id: str
    display_name: Annotated[str | None, Field(description="As the roster has it.")]
    exercise: Annotated[str | None, Field(description="Where the student raised that hand.")]
    hands: Annotated[int, Field(description="How often the student raised a hand.")]
    asked_at: Annotated[
        datetime | None,
        Field(
            description="When the student raised the first hand to which somebody came, else the "
            "last one, UTC; null for never."
        ),
    ]
    visited_at: Annotated[
        datetime | None,
        Field(
            description="When somebody came to that hand, or, where there was none, first marked "
            "to go there or to have helped, UTC; null for never."
        ),
    ]
    taken_down_at: Annotated[
        datetime | None,
        Field(description="When the student took the last hand down, UTC; null while it is up."),
    ]
    helped_at: Annotated[
        datetime | None, Field(description="When somebody first marked to have helped, UTC.")
    ]
    marks: Annotated[int, Field(description="How often somebody marked the student.")]
    is_open: Annotated[bool, Field(description="Whether the last hand was still up at the end.")]


class ReportStream(Answer):
    """How many students were at each exercise, step by step through the session."""

    bucket_seconds: int
    steps: list[datetime]
    exercises: list[StreamExercise]


class Report(Answer):
    """Answer of `GET /courses/{course_id}/report`: one session of class."""

    as_of: AsOf
    course_id: str
    title: Annotated[str, Field(description="The course's title; its id until it has one.")]
    section: Annotated[
        str | None, Field(description="The section that it is about; null for the whole course.")
    ] = None
    start: Annotated[datetime, Field(description="Begin of the session, UTC.")]
    until: Annotated[datetime, Field(description="Its end, UTC; what happened then is not in it.")]
    students: Annotated[int, Field(description="Students enrolled or seen, of the section.")]
    here: Annotated[int, Field(description="Students who worked in the session.")]
    runs: Annotated[int, Field(description="Cell runs.")]
    errors: Annotated[int, Field(description="Cell runs that ended in an error.")]
    exercises: Annotated[
        list[ReportExercise], Field(description="Registered ones first, in their order.")
    ]
    stream: ReportStream
    clusters: Annotated[
        list[ErrorCluster], Field(description="Failures of the session, most students first.")
    ]
    help: Annotated[list[ReportHelp], Field(description="Those who asked first, in that order.")]
