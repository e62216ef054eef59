"""Who may see the dashboard: whomever the aggregation API gives an answer to."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from enum import Enum
from typing import Final

import httpx
from pydantic import ValidationError

from analytics.sign_in.responses import Viewer
from streamlit_app.api.asking import API_ROOT
from streamlit_app.api.patience import LIFE_SECONDS, TIMEOUT_SECONDS

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
    STUDENT = "accepted for a student's own page"
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
        self._accepted: OrderedDict[str, tuple[float, Verdict]] = OrderedDict()
        self._away_until = clock()
        self._asking = asyncio.Lock()

    async def verdict(self, token: str) -> Verdict:
        """Tell what the bearer of a token may do here."""
        if not token.isascii() or not token.isprintable() or len(token) > _LONGEST_TOKEN:
            return Verdict.UNKNOWN
        if (fresh := self._fresh(token)) is not None:
            return fresh
        async with self._asking:  # a page asks for thirty files at once: one question is enough
            if (fresh := self._fresh(token)) is not None:
                return fresh
            verdict = await self._ask(token)
            if verdict in (Verdict.ACCEPTED, Verdict.STUDENT):
                self._remember(token, verdict)
            elif verdict is not Verdict.CANNOT_TELL:
                self._accepted.pop(token, None)
            elif token in self._accepted:
                return self._accepted[token][1]
            return verdict

    def forget(self, token: str | None) -> None:
        """Ask anew about a token, because its bearer has signed out."""
        if token is not None:
            self._accepted.pop(token, None)

    def _fresh(self, token: str) -> Verdict | None:
        accepted_at, verdict = self._accepted.get(token, (None, None))
        is_fresh = accepted_at is not None and self._clock() < accepted_at + REMEMBER_SECONDS
        return verdict if is_fresh else None

    def _remember(self, token: str, verdict: Verdict) -> None:
        self._accepted[token] = (self._clock(), verdict)
        self._accepted.move_to_end(token)
        if len(self._accepted) > REMEMBERED:
            self._accepted.popitem(last=False)

    async def _ask(self, token: str) -> Verdict:
        if self._clock() < self._away_until:
            return Verdict.CANNOT_TELL
        verdict = await self._answer_of_api(token)
        if verdict is Verdict.CANNOT_TELL:
            self._away_until = self._clock() + AWAY_SECONDS
        return verdict

    async def _answer_of_api(self, token: str) -> Verdict:
        headers = {"Authorization": f"Bearer {token}"}
        # Whoever would be let in without an answer need not wait long for one.
        wait = LIFE_SECONDS if token in self._accepted else TIMEOUT_SECONDS
        try:
            response = await self._http.get(f"{API_ROOT}/viewer", headers=headers, timeout=wait)
        except httpx.HTTPError:
            return Verdict.CANNOT_TELL
        if response.is_success:
            try:
                viewer = Viewer.model_validate_json(response.content)
            except ValidationError:
                return Verdict.CANNOT_TELL
            return Verdict.ACCEPTED if viewer.student_id is None else Verdict.STUDENT
        return {401: Verdict.UNKNOWN, 403: Verdict.FORBIDDEN}.get(
            response.status_code, Verdict.CANNOT_TELL
        )
