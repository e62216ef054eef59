"""`POST /student-progress`: from a request's bytes to positions in the log."""

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response, Security
from pydantic import BaseModel, Field, ValidationError
from starlette.types import Receive, Scope, Send

from ingest_api.access import grant_of, refuse_revoked
from ingest_api.around_requests import surrounded
from ingest_api.body import read_body
from ingest_api.event_log import Candidate, LogUnavailableError
from ingest_api.events import ProgressEvent
from ingest_api.notices import Notice
from ingest_api.preferences import Preferences, allowed_part
from ingest_api.problems import UNFORESEEN, Problem, validation_errors
from ingest_api.progress_openapi import BEARER, PROBLEMS, request_body
from ingest_api.tokens import Grant

logger = logging.getLogger(__name__)
PATH: Final = "/student-progress"
BODY_LIMIT: Final = 1024 * 1024
EVENTS_LIMIT: Final = 1_000
_RETRY_AFTER: Final = {"Retry-After": "2"}

router = APIRouter()
logger = logging.getLogger(__name__)


class DirectProgress:
    """Serves an app, and answers `POST /student-progress` before the app's layers.

    These, the framework's search for a route, dependencies and parameters cost more than an event;
    the route itself is there for the OpenAPI document, and answers the same.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._direct = surrounded(self._answer, app.state.durations)

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
    sent = _decode(await read_body(request, BODY_LIMIT))
    received_at = datetime.now(UTC)

    events: list[tuple[int, Candidate]] = []
    rejected: list[RejectedEvent] = []
    forbidden = 0
    told: Preferences | None = None
    notice: Notice | None = None
    for index, data in enumerate(sent):
        try:
            event = ProgressEvent.model_validate(data)
        except ValidationError as error:
            rejected.append(RejectedEvent(index=index, errors=validation_errors(error.errors())))
            continue
        fault = _not_granted(grant, event)
        if fault:
            forbidden += 1
            rejected.append(RejectedEvent(index=index, errors=[fault]))
            continue
        preferences = state.preferences.of(event.course_id, event.student_id)
        kept = allowed_part(state.courses.resolve(event), preferences)
        events.append((index, Candidate.encode(kept, received_at)))
        if grant.student_id is not None:
            told = preferences
            notice = state.notices.to_show(event.course_id, event.student_id)

    try:
        appended = await state.group_commit.append([c for _, c in events], len(rejected))
    except LogUnavailableError as error:
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"{error}; keep the events and send them again, with the same event_id or seq: "
            "what was stored after all is then not stored twice",
            _RETRY_AFTER,
        ) from error
    positions: list[str | None] = [None] * len(sent)
    for (index, _), position in zip(events, appended, strict=True):
        positions[index] = position
    _log_on_request(events, appended)
    accepted = sum(position is not None for position in appended)
    state.metrics.count_request(accepted, len(appended) - accepted, len(rejected))
    receipt = Receipt(
        accepted=accepted,
        duplicates=len(appended) - accepted,
        rejected=rejected,
        positions=positions,
        preferences=told,
        notice=notice,
    )
    if not events:
        raise _all_refused(receipt, forbidden)
    body = receipt.model_dump_json(exclude_none=True)
    return Response(body, HTTPStatus.ACCEPTED, media_type="application/json")


def _log_on_request(events: list[tuple[int, Candidate]], positions: Sequence[str | None]) -> None:
    """Name each event and its place in the log, where an operator follows events."""
    if not logger.isEnabledFor(logging.DEBUG):
        return
    for (_, candidate), position in zip(events, positions, strict=True):
        about = {"event_id": candidate.named, "position": position}
        logger.debug("accepted" if position else "a repeat", extra=about)


def _require_json(request: Request) -> None:
    content_type = request.headers.get("content-type", "application/json")
    kind = content_type.partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send JSON with 'Content-Type: application/json'"
        )
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send the body uncompressed")


def _decode(body: bytes) -> list[Any]:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem(
            HTTPStatus.BAD_REQUEST, "the body is not JSON in UTF-8; send one event or an array"
        ) from error
    events = sent if isinstance(sent, list) else [sent]
    if not 1 <= len(events) <= EVENTS_LIMIT:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"send 1 to {EVENTS_LIMIT} events at once; these are {len(events)}",
        )
    return events


def _not_granted(grant: Grant, event: ProgressEvent) -> dict[str, str] | None:
    if not grant.allows_course(event.course_id):
        return {"field": "course_id", "message": "this token is for another course"}
    if not grant.allows_student(event.student_id):
        return {"field": "student_id", "message": "this token is for another student"}
    return None


def _all_refused(receipt: Receipt, forbidden: int) -> Problem:
    members = receipt.model_dump(exclude_none=True)
    if forbidden == len(receipt.rejected):
        return Problem(
            HTTPStatus.FORBIDDEN,
            "this token is for another course or student; use the one that was made for them",
            **members,
        )
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "no event was accepted: correct what 'rejected' names, by place in the array",
        **members,
    )
