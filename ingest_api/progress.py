"""`POST /student-progress`: from a request's bytes to positions in the log."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response, Security
from pydantic import BaseModel, Field
from starlette.types import Receive, Scope, Send

from ingest_api.access import grant_of, refuse_revoked
from ingest_api.around_requests import surrounded
from ingest_api.body import read_body
from ingest_api.event_log import LogUnavailableError
from ingest_api.events import BODY_LIMIT
from ingest_api.intake import EVENTS_LIMIT, Taken
from ingest_api.notices import Notice
from ingest_api.preferences import Preferences
from ingest_api.problems import UNFORESEEN, Problem
from ingest_api.progress_openapi import BEARER, PROBLEMS, request_body
from ingest_api.request_metrics import RequestDurations
from ingest_api.tokens import Grant, InvalidTokenError, read_token, token_from_header

logger = logging.getLogger(__name__)
PATH: Final = "/student-progress"
_RETRY_AFTER: Final = {"Retry-After": "2"}

router = APIRouter()


class DirectProgress:
    """Serves an app, and answers `POST /student-progress` before the app's layers.

    These, the framework's search for a route, dependencies and parameters cost more than an event;
    the route itself is there for the OpenAPI document, and answers the same.

    Attributes:
        state: The app's.
        durations: Where requests are counted that a connection answers by itself.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._direct = surrounded(self._answer, app.state.durations)
        self.state = app.state
        self.durations = RequestDurations(app.state.durations)

    def known_grant(self, authorization: str) -> Grant | None:
        """Return what a request's token grants; None where it is to be refused, or may be."""
        try:
            grant = read_token(self.state.secrets, token_from_header(authorization))
        except InvalidTokenError:
            return None
        passes = grant.scope == "ingest" and self.state.revoked.lets_pass(grant)
        return grant if passes else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        scope["app"] = self._app
        scope["route"] = router.routes[0]  # for whoever counts requests
        await self._direct(scope, receive, send)

    @staticmethod
    async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await post_progress(Request(scope, receive))
        except Problem as problem:
            response = problem.to_response()
        except Exception:
            logger.exception("a request for events failed in a way that was not foreseen")
            response = UNFORESEEN.to_response()
        await response(scope, receive, send)


class RejectedEvent(BaseModel):
    """An event of the request that was not accepted."""

    index: int = Field(description="Its place in the array, from 0.")
    errors: list[dict[str, Any]] = Field(description="Each fault: `field` and `message`.")


class Receipt(BaseModel):
    """What became of the events of a request."""

    accepted: int
    duplicates: int = Field(description="Repeats of events that are in the log already.")
    rejected: list[RejectedEvent]
    positions: list[str | None] = Field(
        description="For each event its log position; null for a repeat or a rejected one."
    )
    preferences: Preferences | None = Field(
        default=None,
        description="What the student allows to be recorded; with a student's own token only.",
    )
    notice: Notice | None = Field(
        default=None,
        description="What the course tells the student, who has not seen it; with a student's own "
        "token only.",
    )


@router.post(
    PATH,
    status_code=HTTPStatus.ACCEPTED,
    response_model=Receipt,
    responses=PROBLEMS,
    openapi_extra=request_body(EVENTS_LIMIT),
    dependencies=[Security(BEARER)],
)
async def post_progress(request: Request) -> Response:
    """Accept one event or an array of 1 to 1,000, and answer once they are durable."""
    state = request.app.state
    grant = grant_of(request.headers.get("authorization"), state.secrets, "ingest")
    await refuse_revoked(grant, state.revoked)
    _require_json(request)
    taken = state.intake.take(await read_body(request, BODY_LIMIT), grant)
    try:
        appended = await state.group_commit.append(taken.candidates, len(taken.rejected))
    except LogUnavailableError as error:
        raise not_kept(error) from error
    body = concluded(state, taken, appended)
    return Response(body, HTTPStatus.ACCEPTED, media_type="application/json")


def not_kept(error: LogUnavailableError) -> Problem:
    """Return what a client is told whose events may not be in the log."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"{error}; keep the events and send them again, with the same event_id or seq: "
        "what was stored after all is then not stored twice",
        _RETRY_AFTER,
    )


def concluded(state: Any, taken: Taken, appended: Sequence[str | None]) -> bytes:
    """Log and count what became of a request's events, and return the body of the answer.

    Raises:
        Problem: 403 or 422 when no event was taken.
    """
    taken.log(appended)
    repeats = appended.count(None)
    state.metrics.count_request(len(appended) - repeats, repeats, len(taken.rejected))
    return taken.answer(appended)


def _require_json(request: Request) -> None:
    content_type = request.headers.get("content-type", "application/json")
    kind = content_type.partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send JSON with 'Content-Type: application/json'"
        )
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send the body uncompressed")
