"""Who may see the dashboard: whomever the aggregation API gives an answer to."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from enum import Enum
from typing import Final

import httpx

from streamlit_app.api_client import API_ROOT

#: How long an accepted token is let in without asking again, in seconds.
REMEMBER_SECONDS: Final = 60.0
#: How long to wait with asking again after the API did not answer, in seconds.
AWAY_SECONDS: Final = 5.0
#: Most tokens that are remembered; the one that was accepted longest ago goes first.
REMEMBERED: Final = 1_000
_LONGEST_TOKEN = 4_096


class Verdict(Enum):
    """What the aggregation API says about a token."""

    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    FORBIDDEN = "forbidden"
    CANNOT_TELL = "cannot tell"


class AccessCheck:
    """Asks the API about a token and remembers those that it accepted.

    While the API is away, whoever it accepted before is still let in: their page says that the
    numbers can't be had.

    Args:
        http: A client whose base address is the API's.
        clock: Seconds that only go up.
    """

    def __init__(
        self, http: httpx.AsyncClient, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._http = http
        self._clock = clock
        self._accepted_at: OrderedDict[str, float] = OrderedDict()
        self._away_until = clock()
        self._asking = asyncio.Lock()

    async def verdict(self, token: str) -> Verdict:
        """Tell what the bearer of a token may do here."""
        if not token.isascii() or not token.isprintable() or len(token) > _LONGEST_TOKEN:
            return Verdict.UNKNOWN
        if self._is_fresh(token):
            return Verdict.ACCEPTED
        async with self._asking:  # a page asks for thirty files at once: one question is enough
            if self._is_fresh(token):
                return Verdict.ACCEPTED
            verdict = await self._ask(token)
            if verdict is Verdict.ACCEPTED:
                self._remember(token)
            elif verdict is not Verdict.CANNOT_TELL:
                self._accepted_at.pop(token, None)
            elif token in self._accepted_at:
                return Verdict.ACCEPTED
            return verdict

    def forget(self, token: str | None) -> None:
        """Ask anew about a token, because its bearer has signed out."""
        if token is not None:
            self._accepted_at.pop(token, None)

    def _is_fresh(self, token: str) -> bool:
        accepted_at = self._accepted_at.get(token)
        return accepted_at is not None and self._clock() < accepted_at + REMEMBER_SECONDS

    def _remember(self, token: str) -> None:
        self._accepted_at[token] = self._clock()
        self._accepted_at.move_to_end(token)
        if len(self._accepted_at) > REMEMBERED:
            self._accepted_at.popitem(last=False)

    async def _ask(self, token: str) -> Verdict:
        if self._clock() < self._away_until:
            return Verdict.CANNOT_TELL
        verdict = await self._answer_of_api(token)
        if verdict is Verdict.CANNOT_TELL:
            self._away_until = self._clock() + AWAY_SECONDS
        return verdict

    async def _answer_of_api(self, token: str) -> Verdict:
        headers = {"Authorization": f"Bearer {token}"}
        try:
            response = await self._http.get(f"{API_ROOT}/courses", headers=headers)
        except httpx.HTTPError:
            return Verdict.CANNOT_TELL
        if response.is_success:
            return Verdict.ACCEPTED
        return {401: Verdict.UNKNOWN, 403: Verdict.FORBIDDEN}.get(
            response.status_code, Verdict.CANNOT_TELL
        )
