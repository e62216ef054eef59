"""How long an answer is waited for: by kind of question, and less while the API is silent."""

import time
from collections.abc import Callable
from math import inf
from typing import Any, Final

import httpx

#: Longest wait for a usual answer, in seconds; a page with old numbers is better than a frozen one.
TIMEOUT_SECONDS: Final = 5.0
#: For what is made from all that happened: the past, a report, a measure. It is what the API gives
#: itself (analytics/lake/reader.py) and a little more. And for what only an admin asks.
SLOW_SECONDS: Final = 12.0
#: For what takes long by its nature: a file with everything about a student, a search for it in
#: every store, a course of a hundred notebooks.
LONG_SECONDS: Final = 120.0
#: For whether the API answers at all, which is asked before anything that may take longer than
#: usual: else nobody could tell its work from its silence.
LIFE_SECONDS: Final = 3.0
#: After neither a usual question nor that was answered in time, further ones wait less for so long,
#: in seconds, or until one is answered: a page asks several, one after the other. An API that is
#: busy answers the latter.
SILENT_SECONDS: Final = 5.0
_SHORT_SECONDS: Final = 1.0
_LIFE: Final = "/healthz"


class PatientClient(httpx.Client):
    """A client that many pages share, which loses patience with an API that does not answer.

    Args:
        address: Of the API.
        clock: Seconds that only go up.
        more: As of `httpx.Client`.
    """

    def __init__(
        self, address: str, *, clock: Callable[[], float] = time.monotonic, **more: Any
    ) -> None:
        super().__init__(base_url=address, timeout=TIMEOUT_SECONDS, **more)
        self._now = clock
        self._silent_until = -inf

    def send(self, request: httpx.Request, **more: Any) -> httpx.Response:
        """Send a question; wait for its answer as long as its kind takes, or less.

        Raises:
            httpx.HTTPError: There is none.
        """
        waits = request.extensions["timeout"]
        if waits["read"] > TIMEOUT_SECONDS:
            self.get(_LIFE, timeout=LIFE_SECONDS)
        is_usual = waits["read"] == TIMEOUT_SECONDS
        is_short = is_usual and self._now() < self._silent_until
        if is_short:
            request.extensions["timeout"] = dict.fromkeys(waits, _SHORT_SECONDS)
        try:
            response = super().send(request, **more)
        except httpx.TimeoutException:
            if is_usual and not is_short and not self._lives():
                self._silent_until = self._now() + SILENT_SECONDS
            raise
        self._silent_until = -inf
        return response

    def _lives(self) -> bool:
        try:
            self.get(_LIFE, timeout=LIFE_SECONDS)
        except httpx.HTTPError:
            return False
        return True
