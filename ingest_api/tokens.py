"""Tokens: who may send events to a course, and who may read one.

A token is a JWT signed with the installation's secret (HS256). It carries a scope, a course and,
for a student's token, the student. It has an id, by which it is revoked (`revoked_tokens.py`), and
may end by itself. One that somebody got by signing in also says who that is, and ends also when
they sign out (`signed_in.py`). It never appears in a log line.
"""

import time
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, Literal
from uuid import uuid4

import jwt

from ingest_api.signature import ALGORITHM, ForeignSignatureError, signed_claims

Scope = Literal["ingest", "read"]
#: In place of a course: every course of this installation.
ALL_COURSES: Final = "*"
#: In place of a course: no whole course, only the sections that a session names. No course has this
#: id, so whoever does not know of sections refuses.
NO_COURSE: Final = ""
_UNKNOWN_GRANT: Final = "the token carries no grant that this version knows"
_ENDED: Final = "the token has ended"
_TOO_LONG_AGO: Final = "you signed in too long ago: sign in again"


class InvalidTokenError(Exception):
    """The token is missing, malformed, or not signed by this installation."""


class EndedTokenError(InvalidTokenError):
    """The token has ended, by itself or because it was revoked."""


class SignedOutError(InvalidTokenError):
    """Whoever got the token by signing in has to do so again."""


@dataclass(frozen=True, slots=True)
class TokenLife:
    """A token's own id, and how long it lasts.

    Attributes:
        token_id: Names it; of a token that carries no id, its SHA-256.
        issued_at: In seconds since 1970.
        expires_at: When it ends by itself, in seconds since 1970; None for never.
    """

    token_id: str
    issued_at: int
    expires_at: int | None = None

    @classmethod
    def new(cls, seconds: int | None = None) -> "TokenLife":
        """Begin now, for so long, or until it is revoked."""
        now = int(time.time())
        return cls(uuid4().hex, now, None if seconds is None else now + seconds)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whose token it is, and how long it lasts.

    Attributes:
        account: The name that they signed in with.
        token_id: Names this token when they sign out.
        issued_at: When they signed in, in seconds since 1970.
        expires_at: When the token ends by itself, in seconds since 1970.
        further_courses: What they may read beside the grant's own course.
        sections: Each a course and a section, of whose students alone they may read.
        by_provider: Whether an identity provider vouches for them.
    """

    account: str
    token_id: str
    issued_at: float
    expires_at: int
    further_courses: tuple[str, ...] = ()
    sections: tuple[tuple[str, str], ...] = ()
    by_provider: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """What the bearer of a token may do.

    Attributes:
        token: The life of the token that says so.
    """

    scope: Scope
    course_id: str
    student_id: str | None = None
    signed_in: SignedIn | None = None
    token: TokenLife = field(default_factory=TokenLife.new, compare=False)

    @property
    def course_ids(self) -> tuple[str, ...] | None:
        """The courses that the grant covers, wholly or in part; None for every course."""
        if self.course_id == ALL_COURSES:
            return None
        whole = () if self.course_id == NO_COURSE else (self.course_id,)
        further = self.signed_in.further_courses if self.signed_in else ()
        partly = (course_id for course_id, _ in self.sections)
        return tuple(dict.fromkeys((*whole, *further, *partly)))

    @property
    def sections(self) -> tuple[tuple[str, str], ...]:
        """Each course of which only sections are covered, with such a section."""
        named = self.signed_in.sections if self.signed_in else ()
        return tuple(each for each in named if not self.allows_course(each[0]))

    def sections_of(self, course_id: str) -> tuple[str, ...]:
        """The sections that are covered of a course which is covered in part only."""
        return tuple(section for course, section in self.sections if course == course_id)

    def allows_course(self, course_id: str) -> bool:
        """Tell whether the grant covers a whole course."""
        further = self.signed_in.further_courses if self.signed_in else ()
        return self.course_id in (ALL_COURSES, course_id) or course_id in further

    def allows_student(self, student_id: str) -> bool:
        """Tell whether the grant covers a student's events."""
        return self.student_id in (None, student_id)


def issue_token(secret: str, grant: Grant) -> str:
    """Sign a token that carries `grant`."""
    claims: dict[str, Any] = {
        "scope": grant.scope,
        "course": grant.course_id,
        "iat": grant.token.issued_at,
        "jti": grant.token.token_id,
    }
    if grant.token.expires_at is not None:
        claims["exp"] = grant.token.expires_at
    if grant.student_id is not None:
        claims["student"] = grant.student_id
    if grant.signed_in is not None:
        claims |= {
            "account": grant.signed_in.account,
            "jti": grant.signed_in.token_id,
            "iat": grant.signed_in.issued_at,
            "exp": grant.signed_in.expires_at,
            "further_courses": list(grant.signed_in.further_courses),
            "sections": [list(each) for each in grant.signed_in.sections],
            "by_provider": grant.signed_in.by_provider,
        }
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


def read_token(secrets: tuple[str, ...], token: str) -> Grant:
    """Return what a token grants.

    Args:
        secrets: The installation's secret, and after it the one that it replaces.
        token: As it was sent.

    Raises:
        InvalidTokenError: The token is not one that this installation signed.
        EndedTokenError: It has ended.
        SignedOutError: It has ended, and whoever got it by signing in has to do so again.
    """
    grant = _grant_of(secrets, token)
    ends = grant.token.expires_at
    if ends is not None and ends <= time.time():
        raise SignedOutError(_TOO_LONG_AGO) if grant.signed_in else EndedTokenError(_ENDED)
    return grant


@lru_cache(maxsize=4096)
def _grant_of(secrets: tuple[str, ...], token: str) -> Grant:
    """Read a token; the answer is remembered: a class sends the same few all lesson long."""
    try:
        # Whether it has ended is asked at each use, not only when it is first read.
        claims = signed_claims(secrets, token, ("scope", "course"), may_have_ended=True)
    except ForeignSignatureError as error:
        raise InvalidTokenError("the token was not issued by this installation") from error
    scope, course, student = claims["scope"], claims["course"], claims.get("student")
    if (
        scope not in ("ingest", "read")
        or not isinstance(course, str)
        or not isinstance(student, str | None)
    ):
        raise InvalidTokenError(_UNKNOWN_GRANT)
    return Grant(scope, course, student, _signed_in(claims), _life_of(claims, token))


def _life_of(claims: dict[str, Any], token: str) -> TokenLife:
    try:
        return TokenLife(
            token_id=str(claims.get("jti") or sha256(token.encode()).hexdigest()),
            issued_at=int(claims.get("iat", 0)),
            expires_at=None if "exp" not in claims else int(claims["exp"]),
        )
    except (TypeError, ValueError) as error:
        raise InvalidTokenError(_UNKNOWN_GRANT) from error


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
            sections=tuple((str(course), str(name)) for course, name in claims.get("sections", ())),
            by_provider=claims.get("by_provider") is True,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidTokenError(_UNKNOWN_GRANT) from error


def token_from_header(authorization: str | None) -> str:
    """Take the token out of an `Authorization: Bearer TOKEN` header.

    Raises:
        InvalidTokenError: There is no such header, or it is of another kind.
    """
    kind, _, token = (authorization or "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise InvalidTokenError("send the header 'Authorization: Bearer TOKEN'")
    return token.strip()
