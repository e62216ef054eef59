"""What is answered when an admin sends a course's roster."""

from typing import Annotated, Literal

from pydantic import Field

from analytics.responses import Answer

#: Encodings of a roster's text: what spreadsheets write.
Encoding = Literal["utf-8", "windows-1252", "shift_jis", "utf-16"]


class RosterFault(Answer):
    """What is wrong with one line of a roster."""

    line: Annotated[int | None, Field(description="The line; null where it is none's fault.")]
    reason: Annotated[str, Field(description="What is wrong, and what to do.")]


class RosterStudent(Answer):
    """What a roster says of a student, and what was there before."""

    student_id: str
    change: Annotated[Literal["new", "changed"], Field(description="What happens to them.")]
    name: Annotated[str | None, Field(description="The name in the roster; null for none.")]
    section: Annotated[str | None, Field(description="The section in the roster; null for none.")]
    seat: Annotated[str | None, Field(description="The seat in the roster; null for none.")] = None
    name_before: Annotated[str | None, Field(description="The name before; null for none.")] = None
    section_before: Annotated[
        str | None, Field(description="The section before; null for none.")
    ] = None
    seat_before: Annotated[str | None, Field(description="The seat before; null for none.")] = None


class Enrolment(Answer):
    """Answer of `POST …/roster/preview` and `POST …/roster`."""

    course_id: str
    is_new_course: Annotated[bool, Field(description="Whether nothing was known of the course.")]
    new: Annotated[int, Field(description="Students who were not in the course.")]
    changed: Annotated[int, Field(description="Students with another name, section or seat.")]
    unchanged: Annotated[int, Field(description="Students who are as they were.")]
    others: Annotated[
        int, Field(description="Students of the course who are not in the file; they stay.")
    ]
    students: Annotated[
        list[RosterStudent], Field(description="The first 500 that are new or changed.")
    ]
    unread: Annotated[list[str], Field(description="Columns of the file that were not read.")]
    faults: Annotated[list[RosterFault], Field(description="The first 200 faults of the file.")]
    fault_count: Annotated[
        int, Field(description="Faults of the file; while there is one, nobody is enrolled.")
    ]
