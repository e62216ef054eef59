"""Signing in: a name and a password become a token that ends."""

import time
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from redis import Redis

from analytics.passwords import hashed, matches
from analytics.settings import ApiSettings
from analytics.sign_in_responses import NewSession, Viewer
from analytics.writing import postgres_of, redis_of
from flows.password_code import read_code
from flows.stores import accounts
from flows.stores.accounts import KnownAccount
from ingest_api.signed_in import SIGNED_IN_SECONDS
from ingest_api.student_link import PAGE_SECONDS, account_of, redeem_code
from ingest_api.tokens import ALL_COURSES, Grant, SignedIn, issue_token

#: Wrong passwords for one account before it has to wait.
ATTEMPTS: Final = 10
#: How long it waits then, in seconds.
WAIT_SECONDS: Final = 15 * 60
_ATTEMPTS_KEY: Final = "progress-events:sign-in-attempts:"


class WrongPasswordError(Exception):
    """There is no such account, or its password is another one: which, is not told."""


class UsedCodeError(Exception):
    """The link was used, or there is a newer one."""


class TooManyAttemptsError(Exception):
    """The account has to wait.

    Attributes:
        seconds: How long.
    """

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many wrong passwords: try again in {max(1, seconds // 60)} min")
        self.seconds = seconds


class SignIn:
    """Connects for each question: somebody signs in now and then."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._secret = settings.secret.get_secret_value()

    def with_password(self, account: str, password: str) -> NewSession:
        """Sign somebody in.

        Raises:
            WrongPasswordError: Name or password is wrong.
            TooManyAttemptsError: It was tried too often.
            LakeUnavailableError: PostgreSQL or Redis does not answer.
        """
        with redis_of(self._settings) as redis, postgres_of(self._settings) as engine:
            _count_attempt(redis, account)
            known = accounts.find(engine, account)
            if not matches(known.password_hash if known else None, password) or known is None:
                raise WrongPasswordError("the name or the password is wrong")
            redis.delete(_ATTEMPTS_KEY + account)
        return self._session_of(known)

    def with_code(self, code: str, password: str) -> NewSession:
        """Set an account's first password, and sign its owner in.

        Raises:
            BadCodeError: The code is none of ours.
            UsedCodeError: The link was used, or there is a newer one.
            LakeUnavailableError: PostgreSQL does not answer.
        """
        account, code_id = read_code(self._secret, code)
        with postgres_of(self._settings) as engine:
            if not accounts.set_password(engine, account, code_id, hashed(password)):
                raise UsedCodeError("this link was used, or there is a newer one")
            known = accounts.find(engine, account)
        if known is None:  # closed in between
            raise UsedCodeError("this account was closed")
        return self._session_of(known)

    def with_link(self, code: str) -> NewSession:
        """Open a student's own page for whoever followed the link from the notebook.

        Raises:
            UsedCodeError: The link was used, or is too old.
            LakeUnavailableError: Redis does not answer.
        """
        with redis_of(self._settings) as redis:
            student = redeem_code(redis, code)
        if student is None:
            raise UsedCodeError("this link was used, or is older than five minutes")
        now = time.time()
        grant = Grant(
            "read",
            *student,
            signed_in=SignedIn(
                account=account_of(*student),
                token_id=uuid4().hex,
                issued_at=now,
                expires_at=int(now) + PAGE_SECONDS,
            ),
        )
        return NewSession(token=issue_token(self._secret, grant), viewer=viewer_of(grant))

    def _session_of(self, known: KnownAccount) -> NewSession:
        now = time.time()
        first, *further = known.course_ids or (ALL_COURSES,)
        grant = Grant(
            "read",
            ALL_COURSES if known.role == "admin" else first,
            signed_in=SignedIn(
                account=known.account,
                token_id=uuid4().hex,
                issued_at=now,
                expires_at=int(now) + SIGNED_IN_SECONDS,
                further_courses=() if known.role == "admin" else tuple(further),
            ),
        )
        return NewSession(token=issue_token(self._secret, grant), viewer=viewer_of(grant))


def viewer_of(grant: Grant) -> Viewer:
    """Return who holds a token, and what it opens."""
    ends = grant.signed_in
    return Viewer(
        account=None if ends is None or grant.student_id is not None else ends.account,
        courses=None if grant.course_ids is None else list(grant.course_ids),
        student_id=grant.student_id,
        expires_at=None if ends is None else datetime.fromtimestamp(ends.expires_at, UTC),
    )


def _count_attempt(redis: Redis, account: str) -> None:
    """Count before the password is checked, so that many at once count as well."""
    key = _ATTEMPTS_KEY + account
    with redis.pipeline(transaction=True) as step:
        step.incr(key)
        step.ttl(key)
        attempts, left = step.execute()
    if left < 0:
        redis.expire(key, WAIT_SECONDS)
    if attempts > ATTEMPTS:
        raise TooManyAttemptsError(left if left > 0 else WAIT_SECONDS)
