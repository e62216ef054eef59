"""The addresses of signing in and out, under `/api/v1`."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request

from analytics import examples
from analytics.access import Reader
from analytics.errors import LakeUnavailableError
from analytics.sign_in.new_session import viewer_of
from analytics.sign_in.oauth import ProviderAwayError, ProviderRefusedError
from analytics.sign_in.responses import (
    BegunSignIn,
    LinkRequest,
    NewSession,
    PasswordRequest,
    ProviderAnswer,
    SignedOutAnswer,
    SignInRequest,
    Viewer,
)
from analytics.sign_in.roles import NoRoleError
from analytics.sign_in.sign_in import (
    SignIn,
    TooManyAttemptsError,
    UsedCodeError,
    WrongPasswordError,
)
from analytics.sign_in.single_sign_on import NoProviderError, SingleSignOn, WhichCourseError
from flows.accounts.password_code import BadCodeError
from ingest_api.problems import Problem, documented_problem
from ingest_api.signed_in import SignedOutUnknownError

_VIEWER: Final = Viewer(
    account="ada",
    courses=["python-1"],
    student_id=None,
    expires_at=datetime(2026, 9, 29, tzinfo=UTC),
)
_SESSION: Final = NewSession(token="eyJhbGciOiJIUzI1NiJ9.e30.x", viewer=_VIEWER)  # noqa: S106
_OWN_SESSION: Final = NewSession(
    token="eyJhbGciOiJIUzI1NiJ9.e30.x",  # noqa: S106
    viewer=Viewer(courses=["python-1"], student_id="ada", expires_at=_VIEWER.expires_at),
)
_BEGUN: Final = BegunSignIn(address="https://id.example.org/authorize?…", flow="eyJhbGciOiJ.e30.x")
_NO_PROVIDER: Final = documented_problem(
    HTTPStatus.NOT_FOUND, "no identity provider is set here: CELLPULSE_OIDC_ISSUER"
)
_INVALID: Final = documented_problem(
    HTTPStatus.UNPROCESSABLE_ENTITY, "a parameter is wrong: see errors, correct it and ask again"
)

router = APIRouter(prefix="/api/v1")


async def _sign_in(request: Request) -> Any:
    return request.app.state.sign_in


async def _provider(request: Request) -> Any:
    return request.app.state.single_sign_on


Door = Annotated[SignIn, Depends(_sign_in)]
Provider = Annotated[SingleSignOn, Depends(_provider)]


@router.post(
    "/sign-in",
    responses={
        **examples.answer(_SESSION),
        **examples.AWAY,
        **_INVALID,
        **examples.NOT_TEXT,
        **documented_problem(HTTPStatus.UNAUTHORIZED, "the name or the password is wrong"),
        **documented_problem(
            HTTPStatus.TOO_MANY_REQUESTS, "too many wrong passwords: try again in 15 min"
        ),
    },
)
def post_sign_in(door: Door, asked: SignInRequest) -> NewSession:
    """Give a token to somebody who has an account."""
    try:
        return door.with_password(asked.account, asked.password.get_secret_value())
    except WrongPasswordError as error:
        raise Problem(HTTPStatus.UNAUTHORIZED, str(error)) from error
    except TooManyAttemptsError as error:
        retry = {"Retry-After": str(error.seconds)}
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, str(error), retry) from error


@router.post(
    "/password",
    responses={
        **examples.answer(_SESSION),
        **examples.AWAY,
        **_INVALID,
        **examples.NOT_TEXT,
        **documented_problem(
            HTTPStatus.FORBIDDEN, "this link was used, or there is a newer one: sign in, or ask …"
        ),
    },
)
def post_password(door: Door, asked: PasswordRequest) -> NewSession:
    """Set the first password of the account that a link is for, and sign its owner in."""
    try:
        return door.with_code(asked.code, asked.password.get_secret_value())
    except (BadCodeError, UsedCodeError) as error:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            f"{error}: sign in, or ask for a new one ('cellpulse account reset')",
        ) from error


@router.post(
    "/student-page",
    responses={
        **examples.answer(_OWN_SESSION),
        **examples.AWAY,
        **_INVALID,
        **examples.NOT_TEXT,
        **documented_problem(
            HTTPStatus.FORBIDDEN, "this link was used, or is older than five minutes: run …"
        ),
    },
)
def post_student_page(door: Door, asked: LinkRequest) -> NewSession:
    """Give a token for a student's own page to whoever followed the link from the notebook."""
    try:
        return door.with_link(asked.code)
    except UsedCodeError as error:
        raise Problem(
            HTTPStatus.FORBIDDEN, f"{error}: run %cellpulse me in your notebook for a new one"
        ) from error


@router.get("/viewer", responses={**examples.PROBLEMS, **examples.answer(_VIEWER)})
def get_viewer(grant: Reader) -> Viewer:
    """Return who the bearer of this token is, and what it opens."""
    return viewer_of(grant)


@router.post("/sign-out", responses={**examples.PROBLEMS, **examples.answer(SignedOutAnswer())})
async def post_sign_out(request: Request, grant: Reader, provider: Provider) -> SignedOutAnswer:
    """End the token, if it was got by signing in; a token that was handed out goes on."""
    try:
        await request.app.state.signed_out.end(grant)
    except SignedOutUnknownError as error:
        raise LakeUnavailableError("Redis does not answer: check that it runs") from error
    try:
        address = await asyncio.to_thread(provider.way_out, grant)
    except ProviderAwayError:
        address = None  # here one is signed out; there one may do it by hand
    return SignedOutAnswer(address=address)


@router.post(
    "/sign-in/provider",
    responses={**examples.answer(_BEGUN), **examples.AWAY, **_NO_PROVIDER},
)
def post_begin(provider: Provider) -> BegunSignIn:
    """Begin to sign in by the institution's identity provider (OpenID Connect)."""
    with _told():
        return provider.begin()


@router.post(
    "/sign-in/provider/answer",
    responses={
        **examples.answer(_SESSION),
        **examples.AWAY,
        **_INVALID,
        **_NO_PROVIDER,
        **examples.NOT_TEXT,
        **documented_problem(HTTPStatus.UNAUTHORIZED, "this took too long: sign in again"),
        **documented_problem(HTTPStatus.FORBIDDEN, "nothing is open here to ada: ask …"),
        **documented_problem(
            HTTPStatus.CONFLICT, "you are a student of python-1 and python-2: choose one of them"
        ),
    },
)
def post_provider_answer(provider: Provider, asked: ProviderAnswer) -> NewSession:
    """Give a token to whoever came back from the identity provider.

    A student whom a JupyterHub vouches for gets one for the own page. Who is a student of several
    courses gets 409 with their `courses`, and comes back with one of them as `course_id`.
    """
    with _told():
        return provider.finish(asked.flow, asked.state, asked.code, asked.course_id)


@contextmanager
def _told() -> Iterator[None]:
    """Turn what goes wrong with the identity provider into a problem."""
    try:
        yield
    except NoProviderError as error:
        raise Problem(HTTPStatus.NOT_FOUND, str(error)) from error
    except ProviderAwayError as error:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error), {"Retry-After": "2"}) from error
    except WhichCourseError as error:
        raise Problem(HTTPStatus.CONFLICT, str(error), courses=error.courses) from error
    except ProviderRefusedError as error:
        raise Problem(HTTPStatus.UNAUTHORIZED, str(error)) from error
    except NoRoleError as error:
        raise Problem(
            HTTPStatus.FORBIDDEN, f"{error}: ask whoever runs Cellpulse at your school"
        ) from error
