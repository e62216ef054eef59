"""Answers about the class as a whole picture: the map of students and exercises, and its way."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from analytics.responses import Answer, AsOf, ExerciseProgress

#: How many aliases there are of two words; a larger course goes on above it.
ALIASES: Final = 2_400


class MapStudent(Answer):
    """How far one student is with each exercise, and how busy the student was."""

    student_id: str
    display_name: Annotated[
        str | None, Field(description="The student's name, by the course's roster.")
    ] = None
    seat: Annotated[
        str | None, Field(description="Where the student sits, by the course's roster.")
    ] = None
    states: Annotated[
        str,
        Field(
            description="A letter an exercise, in the order of `exercises`: 's' solved by a check, "
            "'r' ran without error and no check, 'f' failing, 'w' working, '.' not started."
        ),
    ]
    failed_runs: Annotated[
        list[int],
        Field(description="For each 'f' of `states`: its latest runs in a row with an error."),
    ]
    runs: Annotated[
        list[int],
        Field(
            description="Cell runs of each of the last 15 minutes, oldest first; the last one is "
            "the minute of `now`."
        ),
    ]
    exercise: Annotated[str | None, Field(description="Exercise of the latest run.")]
    last_run_at: Annotated[datetime | None, Field(description="Time of the latest run, UTC.")]
    active: Annotated[bool, Field(description="Whether there was an event in the last 5 minutes.")]


class ClassMap(Answer):
    """Answer of `GET /courses/{course_id}/class_map`: students by exercises, in few bytes."""

    as_of: AsOf
    course_id: str
    now: Annotated[datetime, Field(description="The moment that the last 15 minutes end at, UTC.")]
    exercises: list[ExerciseProgress]
    students: list[MapStudent]


class ClassSession(Answer):
    """A stretch of time in which the class worked."""

    started_at: Annotated[datetime, Field(description="Time of its first event, UTC.")]
    ended_at: Annotated[datetime, Field(description="Time of its latest event, UTC.")]
    arrived_at: Annotated[
        datetime,
        Field(
            description="When the first of its events arrived, UTC: answers as of an earlier "
            "moment have none of it."
        ),
    ]
    students: Annotated[int, Field(description="Students who did anything in it.")]
    runs: Annotated[int, Field(description="Cell runs.")]


class ClassSessions(Answer):
    """Answer of `GET /courses/{course_id}/class_sessions`: when the class met, latest first."""

    as_of: AsOf
    course_id: str
    sessions: Annotated[
        list[ClassSession],
        Field(description="Between two of them nobody worked for more than 30 minutes."),
    ]


class StreamExercise(Answer):
    """How many students were at one exercise, step by step."""

    exercise: str
    students: Annotated[
        list[int], Field(description="At the end of each step, in the order of `steps`.")
    ]


class ClassStream(Answer):
    """Answer of `GET /courses/{course_id}/class_stream`: where the class was over time."""

    as_of: AsOf
    course_id: str
    bucket_seconds: int
    steps: Annotated[
        list[datetime], Field(description="Start of each step, UTC; from the first run on.")
    ]
    exercises: Annotated[
        list[StreamExercise],
        Field(description="Those at which anybody was, in the order of the course."),
    ]


class Alias(Answer):
    """A neutral stand-in for a student's name, while a page is shown to the class."""

    student_id: str
    display_name: Annotated[
        str | None, Field(description="The name that the course's roster has; null for none.")
    ]
    number: Annotated[
        int,
        Field(description="The alias, from 0 on; unique within the course, and never another one."),
    ]


class Aliases(Answer):
    """Answer of `GET /courses/{course_id}/aliases`."""

    course_id: str
    aliases: list[Alias]
