"""Tokens: who may send events to a course, and who may read one.

A token is a JWT signed with the installation's secret (HS256). It carries a scope, a course and,
for a student's token, the student. It never appears in a log line.
"""

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal
from uuid import uuid4

import jwt

Scope = Literal["ingest", "read"]
#: In place of a course: every course of this installation.
ALL_COURSES: Final = "*"
_ALGORITHM: Final = "HS256"


class InvalidTokenError(Exception):
    """The token is missing, malformed, or not signed by this installation."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What the bearer of a token may do."""

    scope: Scope
    course_id: str
    student_id: str | None = None

    def allows_course(self, course_id: str) -> bool:
        """Tell whether the grant covers a course."""
        return self.course_id in (ALL_COURSES, course_id)

    def allows_student(self, student_id: str) -> bool:
        """Tell whether the grant covers a student's events."""
        return self.student_id in (None, student_id)


def issue_token(secret: str, grant: Grant) -> str:
    """Sign a token that carries `grant`."""
    claims: dict[str, str | int] = {
        "scope": grant.scope,
        "course": grant.course_id,
        "iat": int(time.time()),
        "jti": uuid4().hex,
    }
    if grant.student_id is not None:
        claims["student"] = grant.student_id
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


@lru_cache(maxsize=4096)
def read_token(secret: str, token: str) -> Grant:
    """Return what a token grants.

    The answer is remembered: a class sends the same few tokens all lesson long.

    Raises:
        InvalidTokenError: The token is not one that this installation signed.
    """
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[_ALGORITHM],
            options={"require": ["scope", "course"], "verify_iat": False},
        )
    except (jwt.InvalidTokenError, ValueError) as error:
        raise InvalidTokenError("the token was not issued by this installation") from error
    scope, course, student = claims["scope"], claims["course"], claims.get("student")
    if (
        scope not in ("ingest", "read")
        or not isinstance(course, str)
        or not isinstance(student, str | None)
    ):
        raise InvalidTokenError("the token carries no grant that this version knows")
    return Grant(scope, course, student)


def token_from_header(authorization: str | None) -> str:
    """Take the token out of an `Authorization: Bearer TOKEN` header.

    Raises:
        InvalidTokenError: There is no such header, or it is of another kind.
    """
    kind, _, token = (authorization or "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise InvalidTokenError("send the header 'Authorization: Bearer TOKEN'")
    return token.strip()
