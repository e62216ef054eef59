"""Which tokens were revoked: on Redis, and a copy in each process that judges tokens.

The copy is brought up to date several times a second, so that asking it costs no request anything.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ingest_api.background import keep_fresh
from ingest_api.tokens import EndedTokenError, Grant

#: The ids of the tokens that were revoked and have not ended by themselves.
REVOKED: Final = "progress-events:revoked-tokens"
#: Another text whenever the ids change.
VERSION: Final = "progress-events:revoked-tokens-version"
_LOOK_SECONDS: Final = 0.4


class RevokedUnknownError(Exception):
    """Redis does not answer and never did, so nobody can tell which tokens were revoked."""


class RevokedTokens:
    """Refuses revoked tokens."""

    def __init__(
        self, redis: Redis | None, otherwise: Callable[[], Awaitable[Collection[str]]] | None = None
    ) -> None:
        """Ask this Redis; without one no token counts as revoked.

        Args:
            redis: Where the ids are.
            otherwise: Returns them from elsewhere, as long as Redis has never answered.
        """
        self._redis = redis
        self._otherwise = otherwise
        self._version: bytes | None = None
        self._is_known = redis is None
        self._ids: frozenset[str] = frozenset()

    async def refuse(self, grant: Grant) -> None:
        """Let a token pass that was not revoked.

        Raises:
            EndedTokenError: It was.
            RevokedUnknownError: Nobody has answered yet.
        """
        ids = self._ids if self._is_known else await self._first_ids()
        if grant.token.token_id in ids:
            raise EndedTokenError("the token was revoked")

    def lets_pass(self, grant: Grant) -> bool:
        """Tell whether a token is known not to be revoked, without asking anybody."""
        return self._is_known and grant.token.token_id not in self._ids

    async def _first_ids(self) -> Collection[str]:
        try:
            await self.refresh()
        except (RedisError, OSError) as error:
            if self._otherwise is None:
                raise RevokedUnknownError(str(error)) from error
            return await self._otherwise()
        return self._ids

    async def refresh(self) -> None:
        """Take over what was revoked since the last time.

        What is known stays where Redis has lost it; the worker publishes it again.

        Raises:
            redis.RedisError: Redis does not answer; what is known stays.
        """
        if self._redis is None:
            return
        version: Any = await self._redis.get(VERSION)
        if version is not None and version != self._version:
            ids: Any = await self._redis.smembers(REVOKED)
            self._ids = frozenset(each.decode() for each in ids)
            self._version = version
        self._is_known = True

    async def follow(self) -> None:
        """Refresh several times a second until cancelled. A Redis that is away is waited for."""
        if self._redis is not None:
            await keep_fresh(self.refresh, _LOOK_SECONDS)
