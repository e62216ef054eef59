"""What is sent and answered when an admin's program asks for a student's hook token."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from analytics.responses import Answer
from ingest_api.events import Identifier


class HookTokenRequest(Answer):
    """Body of `POST /admin/courses/{course_id}/hook_tokens`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    student_id: Annotated[Identifier, Field(description="Whose events it sends.")]
    days: Annotated[int, Field(ge=1, le=366, description="For how many days it holds.")] = 30


class HookToken(Answer):
    """Answer of `POST /admin/courses/{course_id}/hook_tokens`; it is told this once."""

    course_id: str
    student_id: str
    token: Annotated[str, Field(description="Sends this student's events of this course only.")]
    expires_at: Annotated[datetime, Field(description="When it ends by itself.")]
