"""Who has signed out: on Redis, so that every process refuses their tokens at once.

Only tokens that were got by signing in are asked about here; the others don't end.
"""

import time
from hashlib import sha256
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ingest_api.tokens import Grant, SignedOutError

#: How long somebody stays signed in, in seconds: from one weekly class to the next and once more.
SIGNED_IN_SECONDS: Final = 15 * 24 * 3_600
_TOKEN: Final = "progress-events:signed-out:token:"  # noqa: S105 - a key's beginning
_ACCOUNT: Final = "progress-events:signed-out:account:"


class SignedOutUnknownError(Exception):
    """Redis does not answer, so nobody can tell who has signed out."""


class SignedOut:
    """Remembers who has signed out for as long as their tokens would last."""

    def __init__(self, redis: Redis | None) -> None:
        """Ask this Redis; without one nobody can have signed in, and such a token is refused."""
        self._redis = redis

    async def end(self, grant: Grant) -> None:
        """End the token by which somebody is signed in; other tokens don't end.

        Raises:
            SignedOutUnknownError: Redis does not answer; the token may go on.
        """
        if grant.signed_in is None:
            return
        left = max(1, grant.signed_in.expires_at - int(time.time()))
        try:
            await self._known().set(_TOKEN + grant.signed_in.token_id, 1, ex=left)
        except RedisError as error:
            raise SignedOutUnknownError(str(error)) from error

    async def refuse_ended(self, grant: Grant) -> None:
        """Let a token pass that has not been ended.

        Raises:
            SignedOutError: Its bearer has signed out, the account is closed or has a new password,
                or the student's own page that it opens was closed.
            SignedOutUnknownError: Redis does not answer.
        """
        if grant.signed_in is None:
            return
        accounts = [grant.signed_in.account]
        if grant.student_id is not None:
            accounts.append(student_account(grant.course_id, grant.student_id))
        keys = (_TOKEN + grant.signed_in.token_id, *map(account_key, accounts))
        try:
            token_ended, *accounts_ended = await self._known().mget(keys)
        except RedisError as error:
            raise SignedOutUnknownError(str(error)) from error
        since = max((float(each) for each in accounts_ended if each is not None), default=0.0)
        if token_ended is not None or grant.signed_in.issued_at < since:
            raise SignedOutError("you have signed out: sign in again")

    def _known(self) -> Redis:
        if self._redis is None:
            raise SignedOutUnknownError("CELLPULSE_REDIS_URL is not set for this process")
        return self._redis


def account_key(account: str) -> str:
    """Return the key that says since when an account's tokens hold, in seconds since 1970.

    It has a hash in the account's place: a student's name would outlive the student's erasure.
    """
    return _ACCOUNT + sha256(account.encode()).hexdigest()


def student_account(course_id: str, student_id: str) -> str:
    """Return the name under which every session of a student's own page is ended.

    No account can have it.
    """
    return f"{course_id}\n{student_id}"
