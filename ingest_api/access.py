"""Who may do what here: turns a request's token into a grant, or ends the request."""

from http import HTTPStatus

from ingest_api.problems import Problem
from ingest_api.revoked_tokens import RevokedTokens, RevokedUnknownError
from ingest_api.signed_in import SignedOut, SignedOutUnknownError
from ingest_api.tokens import (
    EndedTokenError,
    Grant,
    InvalidTokenError,
    Scope,
    SignedOutError,
    read_token,
    token_from_header,
)

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="cellpulse"'}


def grant_of(authorization: str | None, secrets: tuple[str, ...], scope: Scope) -> Grant:
    """Return what the bearer of an `Authorization` header may do.

    Raises:
        Problem: 401 without a valid token, 403 when it is for something else.
    """
    try:
        grant = read_token(secrets, token_from_header(authorization))
    except SignedOutError as error:
        raise Problem(HTTPStatus.UNAUTHORIZED, str(error), _CHALLENGE) from error
    except InvalidTokenError as error:
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            f"{error}; ask the course's operator for one ('cellpulse token --scope {scope}')",
            _CHALLENGE,
        ) from error
    if grant.scope != scope:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            f"this token is for scope '{grant.scope}', and this address needs one for '{scope}': "
            f"ask whoever runs Cellpulse ('cellpulse token --scope {scope}')",
        )
    return grant


async def refuse_revoked(grant: Grant, revoked: RevokedTokens) -> None:
    """Let a token pass, unless it was revoked.

    Raises:
        Problem: 401 when it was, 503 when nobody can tell.
    """
    try:
        await revoked.refuse(grant)
    except EndedTokenError as error:
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            f"{error}; ask the course's operator for another one "
            f"('cellpulse token --scope {grant.scope}')",
            _CHALLENGE,
        ) from error
    except RevokedUnknownError as error:
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "Redis does not answer, which knows which tokens were revoked; try again later, and "
            "send the same events again with the same event_id or seq",
            {"Retry-After": "2"},
        ) from error


async def refuse_ended(grant: Grant, signed_out: SignedOut) -> None:
    """Let a token pass, unless whoever got it by signing in has signed out since.

    Raises:
        Problem: 401 when they have, 503 when nobody can tell.
    """
    try:
        await signed_out.refuse_ended(grant)
    except SignedOutError as error:
        raise Problem(HTTPStatus.UNAUTHORIZED, str(error), _CHALLENGE) from error
    except SignedOutUnknownError as error:
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "Redis does not answer, which knows who has signed out; try again later",
            {"Retry-After": "2"},
        ) from error
