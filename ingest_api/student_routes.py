"""What a student's notebook asks the ingest for, beside sending events: the way to its own page."""

from http import HTTPStatus
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Security
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from redis.exceptions import RedisError

from ingest_api.access import grant_of, refuse_revoked
from ingest_api.body import read_body
from ingest_api.events import CourseId, Identifier
from ingest_api.faults import validation_errors
from ingest_api.preferences import Preferences
from ingest_api.problems import Problem, documented_problem
from ingest_api.progress_openapi import BEARER
from ingest_api.student_link import LINK_SECONDS, OPEN_PATH, make_code

_BODY_LIMIT: Final = 4_096
_AWAY: Final = "Redis does not answer; try again later"
_MUST_NAME: Final = "the body must name course_id and student_id: see errors"
_NOT_PERSONAL: Final = (
    "this token is the whole class's, so it opens nobody's page; ask for one of your own "
    "('cellpulse token --scope ingest --course COURSE --student STUDENT')"
)
_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    number: documented
    for status, detail in (
        (HTTPStatus.UNAUTHORIZED, "send the header 'Authorization: Bearer TOKEN'"),
        (HTTPStatus.FORBIDDEN, _NOT_PERSONAL),
        (HTTPStatus.REQUEST_TIMEOUT, "the request's body did not arrive within 30 s"),
        (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is over 4096 bytes; send less at once"),
        (
            HTTPStatus.UNPROCESSABLE_ENTITY,
            _MUST_NAME,
        ),
        (HTTPStatus.BAD_REQUEST, "the body ended early; send it again"),
        (HTTPStatus.SERVICE_UNAVAILABLE, _AWAY),
    )
    for number, documented in documented_problem(status, detail).items()
}


class Whose(BaseModel):
    """Which student of which course."""

    model_config = ConfigDict(extra="forbid")

    course_id: CourseId
    student_id: Identifier


Body = TypeVar("Body", bound=Whose)


class PageLink(BaseModel):
    """Where a student's own page is."""

    link: str = Field(description="Opens the page once.")
    seconds: int = Field(description="How long the link works.")


class SeenNotice(Whose):
    """Which notice a student has seen."""

    version: Identifier


async def _permitted(request: Request, _: Annotated[object, Security(BEARER)]) -> Whose:
    """Go on only with a token that is this very student's own."""
    return await _read_permitted(request, Whose)


async def _permitted_to_note(
    request: Request, _: Annotated[object, Security(BEARER)]
) -> SeenNotice:
    """Go on only with a token that is this very student's own, and a notice."""
    return await _read_permitted(request, SeenNotice)


async def _read_permitted(request: Request, model: type[Body]) -> Body:
    grant = grant_of(request.headers.get("authorization"), request.app.state.secrets, "ingest")
    await refuse_revoked(grant, request.app.state.revoked)
    if grant.student_id is None:
        raise Problem(HTTPStatus.FORBIDDEN, _NOT_PERSONAL)
    try:
        whose = model.model_validate_json(await read_body(request, _BODY_LIMIT))
    except ValidationError as error:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            _MUST_NAME,
            errors=validation_errors(error.errors()),
        ) from error
    if not grant.allows_course(whose.course_id) or not grant.allows_student(whose.student_id):
        raise Problem(HTTPStatus.FORBIDDEN, "this token is for another course or student")
    stored = request.app.state.pseudonymous.stored_id(whose.course_id, whose.student_id)
    return whose.model_copy(update={"student_id": stored})


def _asked(model: type[Whose], **example: str) -> dict[str, Any]:
    shown = {"course_id": "demo", "student_id": "s1", **example}
    content = {"schema": model.model_json_schema(), "example": shown}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


_ASKED: Final = _asked(Whose)
OwnToken = Annotated[Whose, Depends(_permitted)]
OwnSeenNotice = Annotated[SeenNotice, Depends(_permitted_to_note)]
router = APIRouter(responses=_PROBLEMS)


@router.post("/student-page", openapi_extra=_ASKED)
async def post_student_page(request: Request, whose: OwnToken) -> PageLink:
    """Return a link that opens a student's own page once, for whoever has the student's token."""
    state = request.app.state
    try:
        code = await make_code(state.redis, whose.course_id, whose.student_id)
    except RedisError as error:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, _AWAY, {"Retry-After": "2"}) from error
    dashboard = state.dashboard_url or _beside(request, state.dashboard_port)
    return PageLink(link=f"{dashboard}{OPEN_PATH}?code={quote(code)}", seconds=LINK_SECONDS)


@router.post("/student-preferences", openapi_extra=_ASKED)
async def post_student_preferences(request: Request, whose: OwnToken) -> Preferences:
    """Return what a student has allowed, for a notebook that is told to send nothing."""
    preferences: Preferences = request.app.state.preferences.of(whose.course_id, whose.student_id)
    return preferences


@router.post("/student-notice", openapi_extra=_asked(SeenNotice, version="a1b2c3d4e5f6"))
async def post_student_notice(request: Request, seen: OwnSeenNotice) -> SeenNotice:
    """Note that a student has seen a course's notice, now."""
    notices = request.app.state.notices
    try:
        await notices.note_seen(seen.course_id, seen.student_id, seen.version)
    except RedisError as error:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, _AWAY, {"Retry-After": "2"}) from error
    return seen


def _beside(request: Request, port: int) -> str:
    """Return the address of another port of the host by which the ingest was reached."""
    host = request.url.hostname or "127.0.0.1"
    return f"{request.url.scheme}://{f'[{host}]' if ':' in host else host}:{port}"
