"""Signing in: a name and a password become a token that ends."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from redis import Redis, RedisError
from sqlalchemy import Engine

from analytics.admin_grant import is_admin
from analytics.errors import LakeUnavailableError
from analytics.passwords import hashed, matches
from analytics.settings import ApiSettings
from analytics.sign_in_responses import NewSession, Viewer
from flows.password_code import read_code
from flows.redis_client import connect_redis
from flows.stores import accounts
from flows.stores.accounts import KnownAccount
from flows.stores.postgres import engine_for
from flows.stores.store import StoreUnavailableError
from ingest_api.signed_in import SIGNED_IN_SECONDS
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
        with self._redis() as redis, self._engine() as engine:
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
        with self._engine() as engine:
            if not accounts.set_password(engine, account, code_id, hashed(password)):
                raise UsedCodeError("this link was used, or there is a newer one")
            known = accounts.find(engine, account)
        if known is None:  # closed in between
            raise UsedCodeError("this account was closed")
        return self._session_of(known)

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

    @contextmanager
    def _engine(self) -> Iterator[Engine]:
        engine = engine_for(self._settings.postgres_url)
        try:
            yield engine
        except StoreUnavailableError as error:
            raise LakeUnavailableError("PostgreSQL does not answer: check that it runs") from error
        finally:
            engine.dispose()

    @contextmanager
    def _redis(self) -> Iterator[Redis]:
        if self._settings.redis_url is None:
            raise LakeUnavailableError("signing in needs CELLPULSE_REDIS_URL for this process")
        redis = connect_redis(self._settings.redis_url)
        try:
            yield redis
        except RedisError as error:
            raise LakeUnavailableError("Redis does not answer: check that it runs") from error
        finally:
            redis.close()


def viewer_of(grant: Grant) -> Viewer:
    """Return who holds a token, and what it opens."""
    ends = grant.signed_in
    return Viewer(
        account=None if ends is None else ends.account,
        courses=None if grant.course_ids is None else list(grant.course_ids),
        student_id=grant.student_id,
        is_admin=is_admin(grant),
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
