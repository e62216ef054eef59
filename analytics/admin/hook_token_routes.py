"""The address by which a JupyterHub asks for what a student's server sends events with."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request

from analytics import examples
from analytics.admin.access import PROBLEMS, CourseOfAdmin, OfficeOfAdmin
from analytics.admin.hook_token_responses import HookToken, HookTokenRequest
from analytics.names import pseudonyms_told
from analytics.parameters import require_course_id
from flows.pseudonyms.tokens import record_handed_out
from flows.stores import issued_tokens
from ingest_api.problems import Problem
from ingest_api.tokens import ALL_COURSES, Grant, TokenLife, issue_token

router = APIRouter(prefix="/api/v1/admin", responses={**PROBLEMS, **examples.NOT_TEXT})
_DAY_SECONDS: Final = 24 * 3_600
_EXAMPLE: Final = HookToken(
    course_id="python-1",
    student_id="ada",
    token="eyJhbGciOiJIUzI1NiJ9.e30.x",  # noqa: S106 - the API's documentation shows it
    expires_at=datetime(2026, 10, 14, 9, 30, tzinfo=UTC),
)


@router.post("/courses/{course_id:path}/hook_tokens", responses=examples.answer(_EXAMPLE))
def post_hook_token(
    request: Request, office: OfficeOfAdmin, course_id: CourseOfAdmin, asked: HookTokenRequest
) -> HookToken:
    """Make a token for one student's hook; those of theirs that have ended are forgotten."""
    require_course_id(course_id)
    if course_id == ALL_COURSES:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "a hook's token is for one course: name it")
    life = TokenLife.new(asked.days * _DAY_SECONDS)
    grant = Grant("ingest", course_id, asked.student_id, token=life)
    with office.stores.postgres() as engine, pseudonyms_told():
        record_handed_out(
            engine, request.app.state.settings, grant, issued_tokens.record_in_place_of_ended
        )
    return HookToken(
        course_id=course_id,
        student_id=asked.student_id,
        token=issue_token(request.app.state.secrets[0], grant),
        expires_at=datetime.fromtimestamp(life.issued_at + asked.days * _DAY_SECONDS, UTC),
    )
