"""What is answered when an admin sends a course's notebooks."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from analytics.responses import Answer


class SentExercise(Answer):
    """An exercise of the notebooks that were sent."""

    exercise: Annotated[str, Field(description="The name that its events have.")]
    title: str
    notebook: str
    points: Annotated[float | None, Field(description="Points it can give; null for none.")]
    due_at: Annotated[datetime | None, Field(description="When it is due, UTC; null for never.")]
    checks: Annotated[list[str], Field(description="Names of its checks.")]
    is_new: Annotated[bool, Field(description="Whether no earlier registration had it.")]
    named_now: Annotated[
        str | None,
        Field(description="What the notebook names it now, where that is another name."),
    ] = None


class RetiredExercise(Answer):
    """An exercise that these notebooks do not have any more."""

    exercise: str
    notebook: Annotated[str, Field(description="The notebook that it was in.")]


class RegistrationPreview(Answer):
    """Answer of `POST …/registration/preview` and `POST …/registration`."""

    course_id: str
    notebooks: Annotated[list[str], Field(description="Their paths, in their order.")]
    exercises: Annotated[list[SentExercise], Field(description="In the order of the course.")]
    checks: Annotated[int, Field(description="Checks of all exercises.")]
    new: Annotated[int, Field(description="Exercises that no earlier registration had.")]
    retired: list[RetiredExercise]
    unmatched: Annotated[
        list[str],
        Field(description="Names that students' events have and no notebook, now or before."),
    ]
    without_ids: Annotated[
        list[str],
        Field(
            description="Notebooks whose cells have no ids (older than format 4.5): their "
            "exercises are found by marks and by unedited code only."
        ),
    ]
