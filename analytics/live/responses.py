"""The answer that has everything of a Live page, or of a step of a replay."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from analytics.attention.responses import Attention, ErrorClusters
from analytics.class_marks.responses import ClassMarks
from analytics.class_view.responses import ClassMap, ClassStream
from analytics.plan.responses import ClassPlan
from analytics.responses import Answer, AsOf, Events, Progress


class Live(Answer):
    """Answer of `GET /courses/{course_id}/live`: each part as the address of its name has it."""

    as_of: AsOf
    course_id: str
    now: Annotated[datetime, Field(description="The moment that is shown, UTC.")]
    progress: Progress
    class_map: ClassMap
    attention: Attention
    error_clusters: ErrorClusters
    marks: ClassMarks
    plan: ClassPlan
    class_stream: Annotated[
        ClassStream | None, Field(description="By the minute; null where `stream` is false.")
    ]
    events: Annotated[
        Events | None, Field(description="The latest ones, newest first; null where `events` is 0.")
    ]
