"""Answers about the code that students share."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from analytics.responses import Answer, AsOf


class CodeStudent(Answer):
    """Whose code is in a group."""

    student_id: str
    run_at: Annotated[datetime, Field(description="When the student ran it, UTC.")]


class CodeGroup(Answer):
    """Students whose latest code at an exercise is alike, all of whom solved it or none."""

    code: Annotated[str, Field(description="The commonest code of the group, as it was written.")]
    students: Annotated[int, Field(description="How many students are in it.")]
    has_solved: Annotated[
        bool,
        Field(
            description="Whether they solved it by a check; where none was ever reported, whether "
            "the code ran without an error."
        ),
    ]
    error_name: Annotated[
        str | None, Field(description="Commonest error of these runs; null where none failed.")
    ]
    last_at: Annotated[datetime, Field(description="Time of the latest of these runs, UTC.")]
    who: Annotated[list[CodeStudent], Field(description="The students, latest run first.")]
    solved_code: Annotated[
        str | None,
        Field(description="Code of those who solved it that is most like this; null for none."),
    ]


class CodeGroups(Answer):
    """Answer of `GET /courses/{course_id}/code_groups`: the largest group first."""

    as_of: AsOf
    course_id: str
    exercise: str
    sharing: Annotated[int, Field(description="Students whose code of it is known.")]
    groups: list[CodeGroup]
