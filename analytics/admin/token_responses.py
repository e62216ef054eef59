"""What is answered about tokens that were handed out: never a token itself."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from analytics.responses import Answer
from ingest_api.tokens import Scope


class HandedOutToken(Answer):
    """A token that was handed out."""

    token_id: Annotated[str, Field(description="Its id, which opens nothing.")]
    scope: Annotated[Scope, Field(description="`ingest` may send events, `read` may see them.")]
    course_id: Annotated[str, Field(description="The course; `*` for every one.")]
    student_id: Annotated[
        str | None, Field(description="The only student; null for everybody of the course.")
    ] = None
    issued_at: Annotated[datetime, Field(description="When it was made, UTC.")]
    expires_at: Annotated[
        datetime | None, Field(description="When it ends by itself, UTC; null for never.")
    ] = None
    revoked_at: Annotated[
        datetime | None, Field(description="When it was revoked, UTC; null where it was not.")
    ] = None


class HandedOutTokens(Answer):
    """Answer of `GET /admin/tokens`: newest first."""

    tokens: list[HandedOutToken]
    next_before: Annotated[
        str | None, Field(description="Pass as `before` for the next page; null on the last one.")
    ] = None


class RevokedToken(Answer):
    """Answer of `POST /admin/tokens/{token_id}/revoke`."""

    token_id: str
