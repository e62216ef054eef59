"""Writes and reads in PostgreSQL which tokens were handed out, and which were revoked."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Engine, delete, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from flows.models import IssuedToken
from flows.stores.transaction import transaction
from ingest_api.foreseen import ForeseenError
from ingest_api.tokens import Grant, Scope


class TokenError(ForeseenError):
    """There is no such token; the message says what to do."""


@dataclass(frozen=True)
class KnownToken:
    """A token that was handed out.

    Attributes:
        token_id: Its claim `jti`.
        scope: What it is for.
        course_id: The course; '*' for every one.
        student_id: The only student; None for everybody.
        issued_at: When it was made.
        expires_at: When it ends by itself; None for never.
        revoked_at: When it was revoked; None where it was not.
    """

    token_id: str
    scope: Scope
    course_id: str
    student_id: str | None
    issued_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def record(engine: Engine, grant: Grant) -> None:
    """Note that a token is handed out; one that is known stays as it is.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    with transaction(engine) as connection:
        connection.execute(insert(IssuedToken).values(_row(grant)).on_conflict_do_nothing())


def record_in_place_of_ended(engine: Engine, grant: Grant) -> None:
    """Note that a token is handed out, and forget what has ended of the same kind for the same one.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    ended = delete(IssuedToken).where(
        IssuedToken.scope == grant.scope,
        IssuedToken.course_id == grant.course_id,
        IssuedToken.student_id == grant.student_id,
        IssuedToken.expires_at < datetime.now(UTC),
    )
    with transaction(engine) as connection:
        connection.execute(ended)
        connection.execute(insert(IssuedToken).values(_row(grant)))


def _row(grant: Grant) -> dict[str, Any]:
    life = grant.token
    return {
        "token_id": life.token_id,
        "scope": grant.scope,
        "course_id": grant.course_id,
        "student_id": grant.student_id,
        "issued_at": datetime.fromtimestamp(life.issued_at, UTC),
        "expires_at": None
        if life.expires_at is None
        else datetime.fromtimestamp(life.expires_at, UTC),
    }


def revoke(engine: Engine, token_id: str) -> KnownToken:
    """Note that a token is revoked, and return it; one that is revoked already stays so.

    Raises:
        TokenError: No token of this id is known.
        StoreUnavailableError: PostgreSQL does not answer.
    """
    known = find(engine, token_id)
    if known is None:
        raise TokenError(
            f"no token with the id {token_id!r} is known: 'cellpulse token list' shows all; or "
            "give the token itself"
        )
    change = update(IssuedToken).where(
        IssuedToken.token_id == token_id, IssuedToken.revoked_at.is_(None)
    )
    with transaction(engine) as connection:
        connection.execute(change.values(revoked_at=datetime.now(UTC)))
    return known


def every(engine: Engine) -> list[KnownToken]:
    """Return all tokens, the newest last.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    query = select(IssuedToken.__table__).order_by(IssuedToken.issued_at, IssuedToken.token_id)
    with transaction(engine) as connection:
        rows = connection.execute(query).mappings().all()
    return [KnownToken(**cast("dict[str, Any]", dict(row))) for row in rows]


def latest(
    engine: Engine, limit: int, before: tuple[datetime, str] | None = None
) -> list[KnownToken]:
    """Return tokens, the newest first.

    Args:
        engine: Of PostgreSQL.
        limit: Most of them.
        before: Only older ones than that which was issued then and has this id.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    order = tuple_(IssuedToken.issued_at, IssuedToken.token_id)
    query = select(IssuedToken.__table__)
    if before is not None:
        query = query.where(order < tuple_(*map(literal, before)))
    newest_first = (IssuedToken.issued_at.desc(), IssuedToken.token_id.desc())
    with transaction(engine) as connection:
        rows = connection.execute(query.order_by(*newest_first).limit(limit)).mappings().all()
    return [KnownToken(**cast("dict[str, Any]", dict(row))) for row in rows]


def find(engine: Engine, token_id: str) -> KnownToken | None:
    """Return the token of this id; None where none was handed out.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    query = select(IssuedToken.__table__).where(IssuedToken.token_id == token_id)
    with transaction(engine) as connection:
        row = connection.execute(query).mappings().one_or_none()
    return None if row is None else KnownToken(**cast("dict[str, Any]", dict(row)))


def revoked_ids(engine: Engine) -> set[str]:
    """Return the ids of the revoked tokens that have not ended by themselves.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    goes_on = or_(IssuedToken.expires_at.is_(None), IssuedToken.expires_at > datetime.now(UTC))
    query = select(IssuedToken.token_id).where(IssuedToken.revoked_at.is_not(None), goes_on)
    with transaction(engine) as connection:
        return set(connection.scalars(query))
