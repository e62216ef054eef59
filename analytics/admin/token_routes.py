"""The addresses by which an admin sees which tokens were handed out, and revokes one."""

import logging
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query

from analytics import examples
from analytics.admin import examples as admin_examples
from analytics.admin.access import PROBLEMS, OfficeOfAdmin
from analytics.admin.token_responses import HandedOutToken, HandedOutTokens, RevokedToken
from analytics.errors import LakeUnavailableError
from flows.accounts.publish_revoked import tell_revoked
from flows.stores import issued_tokens
from flows.stores.issued_tokens import KnownToken, TokenError
from ingest_api.problems import Problem
from ingest_api.tokens import ALL_COURSES

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/api/v1/admin", responses=PROBLEMS)
#: So much of an id names a token to people.
_SHORT: Final = 8
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Limit = Annotated[int, Query(ge=1, le=1000, description="Most tokens of the page.")]
Before = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9]{1,16}-[^\x00-\x1f]{1,300}$",
        description="Only tokens older than this one: `next_before` of the page before.",
    ),
]


@router.get("/tokens", responses=examples.answer(admin_examples.TOKENS))
def get_admin_tokens(
    office: OfficeOfAdmin, limit: Limit = 100, before: Before = None
) -> HandedOutTokens:
    """Return a page of what was handed out, newest first; `next_before` leads to the next one.

    It is told of tokens; the tokens themselves nobody has.
    """
    with office.stores.postgres() as engine:
        known = issued_tokens.latest(engine, limit + 1, None if before is None else _place(before))
    page = known[:limit]
    return HandedOutTokens(
        tokens=[HandedOutToken.model_validate(asdict(each)) for each in page],
        next_before=_before(page[-1]) if len(known) > limit else None,
    )


@router.post("/tokens/{token_id}/revoke", responses=examples.answer(admin_examples.REVOKED))
def post_admin_revoke(
    office: OfficeOfAdmin, token_id: Annotated[str, Path(description="The token's id.")]
) -> RevokedToken:
    """Revoke a token: it opens nothing any more. One that is revoked already stays so.

    Of a student's own token the pages close that it opened.
    """
    with office.stores.postgres() as engine:
        try:
            known = issued_tokens.revoke(engine, token_id)
        except TokenError as error:
            raise Problem(
                HTTPStatus.NOT_FOUND,
                "no token with this id was handed out: GET /api/v1/admin/tokens has all ids",
            ) from error
        if office.stores.has_redis:
            try:
                with office.stores.redis() as redis:
                    tell_revoked(engine, redis, known)
            except LakeUnavailableError as error:
                # The worker looks every few seconds what Redis lacks.
                logger.warning("revoked, but the ingest is not told yet: %s", error)
    _note(office, known)
    return RevokedToken(token_id=token_id)


def _before(token: KnownToken) -> str:
    return f"{(token.issued_at - _EPOCH) // timedelta(microseconds=1)}-{token.token_id}"


def _place(before: str) -> tuple[datetime, str]:
    microseconds, _, token_id = before.partition("-")
    return _EPOCH + timedelta(microseconds=int(microseconds)), token_id


def _note(office: OfficeOfAdmin, token: KnownToken) -> None:
    """Note whose course it was of; a student is not named."""
    every_course = token.course_id == ALL_COURSES
    of = ", every course" if every_course else ""
    of += "" if token.student_id is None else ", of one student"
    office.note(
        "token revoked",
        None if every_course else token.course_id,
        f"{token.token_id[:_SHORT]}, {token.scope}{of}",
        token=token.token_id[:_SHORT],
        scope=token.scope,
        every_course=every_course,
        of_one_student=token.student_id is not None,
    )
