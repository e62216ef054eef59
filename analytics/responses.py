"""The answers of the aggregation API: one model each, with every column's meaning and unit."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class Answer(BaseModel):
    """Base of every model here: read-only."""

    model_config = ConfigDict(frozen=True)


class AsOf(Answer):
    """Which data an answer was computed from."""

    position: Annotated[
        str | None,
        Field(description="Log position up to which every event is counted; null before any."),
    ]
    snapshot: Annotated[
        int, Field(description="The lake's snapshot, usable with AT (VERSION => snapshot).")
    ]
    time: Annotated[datetime, Field(description="When the answer was computed, UTC.")]


class Course(Answer):
    """One course that the token may read."""

    course_id: str
    title: Annotated[str, Field(description="The course's title; its id until it has one.")]
    students: Annotated[int, Field(description="Students enrolled or seen.")]
    last_event_at: Annotated[datetime | None, Field(description="Time of the latest event, UTC.")]
    time_zone: Annotated[
        str | None,
        Field(description="IANA name of the zone whose time the pages show; null where none is."),
    ] = None
    pseudonymous: Annotated[
        bool, Field(description="Whether its students are kept under pseudonyms.")
    ] = False
    sections: Annotated[
        list[str],
        Field(
            default_factory=list,
            description="Sections of its roster that may be seen, in natural order; the first 200.",
        ),
    ]


class Courses(Answer):
    """Answer of `GET /courses`."""

    as_of: AsOf
    courses: list[Course]


class ExerciseProgress(Answer):
    """How far the class is with one exercise."""

    exercise: str
    title: Annotated[
        str | None, Field(description="Its title as it was registered; null where it was not.")
    ] = None
    notebook: Annotated[
        str | None,
        Field(
            description="Notebook in which it was last run, else that of the registration; null if "
            "neither named one."
        ),
    ]
    started: Annotated[
        int, Field(description="Students who ran a cell of it or got a result of its check.")
    ]
    passed: Annotated[
        int,
        Field(
            description="Students who solved it: by a passed check, or, where no check was ever "
            "reported for the exercise, by one run without error."
        ),
    ]
    passed_by: Annotated[
        str, Field(description="Evidence behind `passed`: 'check', or the weaker 'run'.")
    ]
    runs: Annotated[int, Field(description="Cell runs.")]
    errors: Annotated[int, Field(description="Cell runs that ended in an error.")]
    error_rate: Annotated[
        float | None, Field(description="errors / runs, 0 to 1; null without runs.")
    ]


class Progress(Answer):
    """Answer of `GET /courses/{course_id}/progress`: the whole class."""

    as_of: AsOf
    course_id: str
    students: Annotated[int, Field(description="Students enrolled or seen.")]
    active_students: Annotated[
        int, Field(description="Students with an event in the last 5 minutes.")
    ]
    runs: Annotated[int, Field(description="Cell runs.")]
    errors: Annotated[int, Field(description="Cell runs that ended in an error.")]
    error_rate: Annotated[
        float | None, Field(description="errors / runs, 0 to 1; null without runs.")
    ]
    lost_events: Annotated[
        int, Field(description="Gaps in the sessions' sequence numbers: events that never came.")
    ]
    exercises: list[ExerciseProgress]


class Exercises(Answer):
    """Answer of `GET /courses/{course_id}/exercises`."""

    as_of: AsOf
    course_id: str
    exercises: list[ExerciseProgress]


class StudentState(Answer):
    """Where one student is now."""

    student_id: str
    display_name: Annotated[
        str | None, Field(description="The name that the course's roster has; null for none.")
    ] = None
    section: Annotated[
        str | None, Field(description="The section that the roster has; null for none.")
    ] = None
    last_seen_at: Annotated[
        datetime | None,
        Field(description="Time of the latest event, UTC; null where the student has not started."),
    ]
    active: Annotated[bool, Field(description="Whether that is less than 5 minutes ago.")]
    notebook: Annotated[str | None, Field(description="Notebook of the latest run.")]
    exercise: Annotated[str | None, Field(description="Exercise of the latest run.")]
    last_status: Annotated[str | None, Field(description="How the latest run ended.")]
    runs: Annotated[int, Field(description="Cell runs.")]
    errors: Annotated[int, Field(description="Cell runs that ended in an error.")]
    error_rate: Annotated[
        float | None, Field(description="errors / runs, 0 to 1; null without runs.")
    ]
    error_streak: Annotated[int, Field(description="Latest runs in a row that ended in an error.")]
    lost_events: Annotated[
        int, Field(description="Gaps in the student's sequence numbers: events that never came.")
    ]


class Students(Answer):
    """Answer of `GET /courses/{course_id}/students`."""

    as_of: AsOf
    course_id: str
    students: list[StudentState]


class HistoryEvent(Answer):
    """One event of a student's history, with every field that it has."""

    position: Annotated[str, Field(description="Log position, which also orders the history.")]
    event_id: str
    type: str
    session_id: str | None
    seq: int | None
    notebook: str | None
    cell_id: str | None
    exercise: str | None
    execution_count: int | None
    status: str | None
    error_name: str | None
    error_message: str | None
    duration_ms: Annotated[float | None, Field(description="Milliseconds.")]
    occurred_at: Annotated[datetime, Field(description="By the client's clock, UTC.")]
    received_at: Annotated[datetime, Field(description="By the server's clock, UTC.")]
    code_sha256: str | None
    code_lines: int | None
    code_chars: int | None
    code: str | None
    output: str | None
    check_name: str | None
    passed: bool | None
    points: float | None
    points_possible: float | None
    help_message: str | None
    hook_version: str | None
    truncated: list[str] | None
    extra: dict[str, JsonValue] | None


class History(Answer):
    """Answer of `GET /courses/{course_id}/students/{student_id}/history`: newest first."""

    as_of: AsOf
    course_id: str
    student_id: str
    events: list[HistoryEvent]
    next_before: Annotated[
        str | None, Field(description="Pass as `before` for the next page; null on the last one.")
    ]


class CourseEvent(HistoryEvent):
    """One event of a class: whose it is, and every field that it has."""

    student_id: str


class Events(Answer):
    """Answer of `GET /courses/{course_id}/events`: what the class did, newest first."""

    as_of: AsOf
    course_id: str
    events: list[CourseEvent]
    next_before: Annotated[
        str | None, Field(description="Pass as `before` for the next page; null on the last one.")
    ]


class TimelineBucket(Answer):
    """What the class did in one bucket of time. Buckets without events are included as zeros."""

    start: Annotated[datetime, Field(description="Start of the bucket, UTC.")]
    runs: Annotated[int, Field(description="Cell runs.")]
    errors: Annotated[int, Field(description="Cell runs that ended in an error.")]
    events: Annotated[int, Field(description="Events of every type.")]


class Timeline(Answer):
    """Answer of `GET /courses/{course_id}/timeline`."""

    as_of: AsOf
    course_id: str
    bucket_seconds: int
    buckets: list[TimelineBucket]


class Table(Answer):
    """One table of a course."""

    name: Annotated[str, Field(description="Its name in addresses and in SQL.")]
    meaning: Annotated[str, Field(description="What its rows are.")]
    rows: Annotated[int, Field(description="How many rows of the course it has.")]


class Tables(Answer):
    """Answer of `GET /courses/{course_id}/tables`."""

    as_of: AsOf
    course_id: str
    tables: list[Table]
