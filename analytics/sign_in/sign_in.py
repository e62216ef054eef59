"""Signing in: a name and a password become a token that ends."""

import time
from typing import Final

from redis import Redis

from analytics.settings import ApiSettings
from analytics.sign_in.new_session import Opened, new_session, own_page_session
from analytics.sign_in.passwords import hashed, matches
from analytics.sign_in.responses import NewSession
from analytics.stores import Stores
from flows.accounts.password_code import read_code
from flows.stores import accounts
from flows.stores.accounts import KnownAccount
from ingest_api.signed_in import SIGNED_IN_SECONDS
from ingest_api.student_link import redeem_code

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
        self._stores = Stores(settings)
        self._secrets = settings.secrets

    def with_password(self, account: str, password: str) -> NewSession:
        """Sign somebody in.

        Raises:
            WrongPasswordError: Name or password is wrong.
            TooManyAttemptsError: It was tried too often.
            LakeUnavailableError: PostgreSQL or Redis does not answer.
        """
        with self._stores.redis() as redis, self._stores.postgres() as engine:
            begun = time.time()  # to look at the password takes long
            known = accounts.find(engine, account)  # before it is counted: it may not answer
            _count_attempt(redis, account)
            if not matches(known.password_hash if known else None, password) or known is None:
                raise WrongPasswordError("the name or the password is wrong")
            redis.delete(_ATTEMPTS_KEY + account)
        return self._session_of(known, begun)

    def with_code(self, code: str, password: str) -> NewSession:
        """Set an account's first password, and sign its owner in.

        Raises:
            BadCodeError: The code is none of ours.
            UsedCodeError: The link was used, or there is a newer one.
            LakeUnavailableError: PostgreSQL does not answer.
        """
        account, code_id = read_code(self._secrets, code)
        with self._stores.postgres() as engine:
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
        with self._stores.redis() as redis:
            student = redeem_code(redis, code)
        if student is None:
            raise UsedCodeError("this link was used, or is older than five minutes")
        return own_page_session(self._secrets[0], *student)

    def _session_of(self, known: KnownAccount, begun: float | None = None) -> NewSession:
        opened, secret = _opened_by(known), self._secrets[0]
        return new_session(secret, opened, SIGNED_IN_SECONDS, by_provider=False, begun=begun)


def _opened_by(known: KnownAccount) -> Opened:
    """Return what an account opens."""
    if known.role != "assistant":
        return Opened(known.account, known.role == "admin", known.course_ids)
    sections = tuple(
        (course_id, section) for course_id in known.course_ids for section in known.sections
    )
    return Opened(known.account, every_course=False, sections=sections)


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
