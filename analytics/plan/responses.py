"""Answers about the plan of a course: which exercise the class is to have begun by when."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import ConfigDict, Field

from analytics.responses import Answer, AsOf
from ingest_api.events import Identifier, UtcTime

#: Most exercises that one request plans.
LONGEST_PLAN: Final = 200


class PlannedTime(Answer):
    """That an exercise is to be begun by a moment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Annotated[
        UtcTime, Field(description="The moment by which it is to be begun (ISO 8601), UTC.")
    ]
    exercise: Annotated[Identifier, Field(description="The exercise.")]


class PlannedReached(Answer):
    """An exercise of the plan, and how many have got there."""

    at: Annotated[datetime, Field(description="The moment by which it is to be begun, UTC.")]
    exercise: str
    reached: Annotated[
        int,
        Field(description="Students at work who have begun it or one after it."),
    ]


class ClassPlan(Answer):
    """Answer of `GET /courses/{course_id}/plan`: what is planned, and where the class is."""

    as_of: AsOf
    course_id: str
    now: Annotated[datetime, Field(description="The moment that all is of, UTC.")]
    at_work: Annotated[
        int,
        Field(
            description="Students who did anything in the 30 minutes before `now`; 0 where nothing "
            "is planned."
        ),
    ]
    median_exercise: Annotated[
        str | None,
        Field(
            description="Furthest exercise of the median student at work: at least half of them "
            "have begun it or one after it. Null where there is none."
        ),
    ]
    exercises: Annotated[
        list[str], Field(description="All that can be planned, in the order of the course.")
    ]
    planned: Annotated[list[PlannedReached], Field(description="In the order of the moments.")]


class PlanRequest(Answer):
    """Body of `PUT /courses/{course_id}/plan`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: Annotated[UtcTime, Field(description="Begin of the time that is planned (ISO 8601).")]
    until: Annotated[UtcTime, Field(description="Its end, at most 7 days later.")]
    planned: Annotated[
        list[PlannedTime],
        Field(
            max_length=LONGEST_PLAN,
            description="The whole plan of that time; an empty list removes it.",
        ),
    ]
    by: Annotated[
        Identifier | None,
        Field(description="Who planned it; whoever signed in goes by that name."),
    ] = None


class PlanSet(Answer):
    """Answer of `PUT /courses/{course_id}/plan`."""

    course_id: str
    planned: Annotated[list[PlannedTime], Field(description="What is planned now.")]
    before: Annotated[
        list[PlannedTime], Field(description="What was planned before: PUT it to undo this.")
    ]
