"""Tokens: who may send events to a course, and who may read one.

A token is a JWT signed with the installation's secret (HS256). It carries a scope, a course and,
for a student's token, the student. One that somebody got by signing in also says who that is, and
ends: by itself, or when they sign out (`signed_in.py`). It never appears in a log line.
"""

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal
from uuid import uuid4

import jwt

Scope = Literal["ingest", "read"]
#: In place of a course: every course of this installation.
ALL_COURSES: Final = "*"
_ALGORITHM: Final = "HS256"
_TOO_LONG_AGO: Final = "you signed in too long ago: sign in again"


class InvalidTokenError(Exception):
    """The token is missing, malformed, or not signed by this installation."""


class SignedOutError(InvalidTokenError):
    """Whoever got the token by signing in has to do so again."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whose token it is, and how long it lasts.

    Attributes:
        account: The name that they signed in with.
        token_id: Names this token when they sign out.
        issued_at: When they signed in, in seconds since 1970.
        expires_at: When the token ends by itself, in seconds since 1970.
        further_courses: What they may read beside the grant's own course.
    """

    account: str
    token_id: str
    issued_at: float
    expires_at: int
    further_courses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """What the bearer of a token may do."""

    scope: Scope
    course_id: str
    student_id: str | None = None
    signed_in: SignedIn | None = None

    @property
    def course_ids(self) -> tuple[str, ...] | None:
        """The courses that the grant covers; None for every course."""
        if self.course_id == ALL_COURSES:
            return None
        return (self.course_id, *(self.signed_in.further_courses if self.signed_in else ()))

    def allows_course(self, course_id: str) -> bool:
        """Tell whether the grant covers a course."""
        return self.course_ids is None or course_id in self.course_ids

    def allows_student(self, student_id: str) -> bool:
        """Tell whether the grant covers a student's events."""
        return self.student_id in (None, student_id)


def issue_token(secret: str, grant: Grant) -> str:
    """Sign a token that carries `grant`."""
    claims: dict[str, Any] = {
        "scope": grant.scope,
        "course": grant.course_id,
        "iat": int(time.time()),
        "jti": uuid4().hex,
    }
    if grant.student_id is not None:
        claims["student"] = grant.student_id
    if grant.signed_in is not None:
        claims |= {
            "account": grant.signed_in.account,
            "jti": grant.signed_in.token_id,
            "iat": grant.signed_in.issued_at,
            "exp": grant.signed_in.expires_at,
            "further_courses": list(grant.signed_in.further_courses),
        }
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def read_token(secret: str, token: str) -> Grant:
    """Return what a token grants.

    Raises:
        InvalidTokenError: The token is not one that this installation signed.
        SignedOutError: It has ended.
    """
    grant = _grant_of(secret, token)
    if grant.signed_in is not None and grant.signed_in.expires_at <= time.time():
        raise SignedOutError(_TOO_LONG_AGO)
    return grant


@lru_cache(maxsize=4096)
def _grant_of(secret: str, token: str) -> Grant:
    """Read a token; the answer is remembered: a class sends the same few all lesson long."""
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[_ALGORITHM],
            options={"require": ["scope", "course"], "verify_iat": False},
        )
    except jwt.ExpiredSignatureError as error:
        raise SignedOutError(_TOO_LONG_AGO) from error
    except (jwt.InvalidTokenError, ValueError) as error:
        raise InvalidTokenError("the token was not issued by this installation") from error
    scope, course, student = claims["scope"], claims["course"], claims.get("student")
    if (
        scope not in ("ingest", "read")
        or not isinstance(course, str)
        or not isinstance(student, str | None)
    ):
        raise InvalidTokenError("the token carries no grant that this version knows")
    return Grant(scope, course, student, _signed_in(claims))


def _signed_in(claims: dict[str, Any]) -> SignedIn | None:
    if "account" not in claims:
        return None
    try:
        return SignedIn(
            account=str(claims["account"]),
            token_id=str(claims["jti"]),
            issued_at=float(claims["iat"]),
            expires_at=int(claims["exp"]),
            further_courses=tuple(claims["further_courses"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidTokenError("the token carries no grant that this version knows") from error


def token_from_header(authorization: str | None) -> str:
    """Take the token out of an `Authorization: Bearer TOKEN` header.

    Raises:
        InvalidTokenError: There is no such header, or it is of another kind.
    """
    kind, _, token = (authorization or "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise InvalidTokenError("send the header 'Authorization: Bearer TOKEN'")
    return token.strip()
