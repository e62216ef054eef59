"""What an admin is told about what is kept, of a student or of a course."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from analytics.responses import Answer


class StoredRows(Answer):
    """What one store has."""

    store: Literal["lake", "postgres", "redis", "influxdb"]
    part: Annotated[
        str,
        Field(
            description="Which part of it: a table of PostgreSQL by its name; 'events' of the "
            "lake, of the log on Redis and of the full event log in InfluxDB."
        ),
    ]
    rows: Annotated[
        int | None, Field(description="Events or rows; null where counting is not cheap.")
    ]
    size_bytes: Annotated[int | None, Field(description="Bytes; null where that is not known.")] = (
        None
    )


class StoredCourse(Answer):
    """What is kept about a student in one course."""

    course_id: str
    enrolled_at: Annotated[datetime, Field(description="When enrolled or first seen, UTC.")]
    name: Annotated[str | None, Field(description="The name in the roster; null for none.")]
    section: Annotated[str | None, Field(description="The section; null for none.")]
    events: Annotated[int, Field(description="Events in the lake.")]
    first_event_at: Annotated[
        datetime | None, Field(description="Time of the first event, UTC; null before any.")
    ]
    last_event_at: Annotated[
        datetime | None, Field(description="Time of the latest event, UTC; null before any.")
    ]
    sessions: Annotated[int, Field(description="Lives of kernels.")]
    stores: list[StoredRows]


class StoredAboutStudent(Answer):
    """Answer of `GET /admin/students/{student_id}/stored`."""

    student_id: str
    courses: Annotated[list[StoredCourse], Field(description="Empty where nothing is kept.")]


class StoredOfCourse(Answer):
    """Answer of `GET /admin/courses/{course_id}/stored`."""

    course_id: str
    students: Annotated[int, Field(description="Students with an event.")]
    events: Annotated[int, Field(description="Events in the lake.")]
    first_event_at: Annotated[
        datetime | None, Field(description="Time of the first event, UTC; null before any.")
    ]
    last_event_at: Annotated[
        datetime | None, Field(description="Time of the latest event, UTC; null before any.")
    ]
    stores: list[StoredRows]
