"""What is sent and answered about courses as an admin looks after them."""

from datetime import datetime
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StrictBool

from analytics.responses import Answer
from flows.models import LONGEST_RETENTION_DAYS
from ingest_api.events import CourseId

#: Longest title of a course, in characters.
LONGEST_TITLE = 500
#: Most days that a course keeps its students, where it does not keep them for ever.
LONGEST_RETENTION = LONGEST_RETENTION_DAYS


@cache
def time_zones() -> frozenset[str]:
    """Return the names of all time zones that a browser knows as well."""
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def _known_zone(name: str) -> str:
    if name not in time_zones():
        raise ValueError("is no time zone: give its IANA name, such as Asia/Tokyo")
    return name


def _one_line(text: Any) -> Any:
    """Return a title on one line, and None where nothing is left of it."""
    return " ".join(text.replace("\x00", " ").split()) or None if isinstance(text, str) else text


Title = Annotated[
    Annotated[str, Field(max_length=LONGEST_TITLE)] | None,
    BeforeValidator(_one_line),
    Field(description="The course's title; null for none."),
]
TimeZone = Annotated[
    Annotated[str, AfterValidator(_known_zone)] | None,
    Field(
        description="IANA name of the zone whose time the pages show; null for that of the browser."
    ),
]
RetentionDays = Annotated[int, Field(strict=True, ge=1, le=LONGEST_RETENTION)]


class CourseNames(Answer):
    """What the pages call a course, and in whose time they show it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Title = None
    time_zone: TimeZone = None


class CourseSettings(CourseNames):
    """Body of `PUT /admin/courses/{course_id}`: what an admin sets of a course."""

    retention_days: Annotated[
        RetentionDays | None,
        Field(
            description="Students are erased so many days after their last event; null for never."
        ),
    ] = None


class NewCourse(CourseNames):
    """Body of `POST /admin/courses`."""

    course_id: Annotated[CourseId, Field(description="As its events will name it.")]


class AdminCourse(Answer):
    """A course."""

    course_id: str
    title: Annotated[str | None, Field(description="Its title; null until it has one.")]
    time_zone: Annotated[
        str | None, Field(description="IANA name of its time zone; null where none is set.")
    ]
    retention_days: Annotated[
        int | None,
        Field(
            description="Days after their last event for which students are kept; null for ever."
        ),
    ]
    pseudonymous: Annotated[
        bool, Field(description="Whether its students are kept under pseudonyms.")
    ] = False
    enrolled: Annotated[int, Field(description="Students enrolled or seen.")]
    sections: Annotated[int, Field(description="Sections that the roster names.")]
    section_names: Annotated[
        list[str], Field(description="These sections, in natural order; the first 200.")
    ]
    exercises: Annotated[int, Field(description="Registered exercises that are not retired.")]
    registered_at: Annotated[
        datetime | None, Field(description="When it was registered last, UTC; null for never.")
    ]
    first_event_at: Annotated[
        datetime | None, Field(description="Time of its first event, UTC; null before any.")
    ]
    last_event_at: Annotated[
        datetime | None, Field(description="Time of its latest event, UTC; null before any.")
    ]


class AdminCourses(Answer):
    """Answer of `GET /admin/courses`."""

    courses: list[AdminCourse]


class CourseRetention(Answer):
    """Answer of `GET /admin/courses/{course_id}/retention`."""

    retention_days: Annotated[
        int | None, Field(description="The days that were asked about; null for no end.")
    ]
    due: Annotated[
        int,
        Field(description="Students who have sent nothing for longer: they would be erased now."),
    ]


class AdminActionLine(Answer):
    """A change that an admin made."""

    made_at: Annotated[datetime, Field(description="When, UTC.")]
    who: Annotated[
        str | None, Field(description="Whose account; null for a token that was handed out.")
    ]
    what: Annotated[str, Field(description="What was done, in two or three words.")]
    course_id: Annotated[str | None, Field(description="Of which course; null for none.")]
    details: Annotated[str, Field(description="What exactly, in one line.")]
    values: Annotated[
        dict[str, StrictBool | int | str | list[str] | None],
        Field(
            default_factory=dict,
            description="The same as values: title, time_zone and retention_days of a course; new "
            "and changed of enrolled students; notebooks, exercises, new and retired of a "
            "registration; account, role, courses and sections of an account; token, scope, "
            "every_course and of_one_student of a token. Empty where an older version noted it.",
        ),
    ]


class AdminActions(Answer):
    """Answer of `GET /admin/actions`: newest first."""

    actions: list[AdminActionLine]
