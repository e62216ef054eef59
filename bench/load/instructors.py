"""Instructors who watch a class: they ask for what the Live page shows whenever it moved."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from websockets.asyncio.client import ClientConnection, connect

from bench.compare import BadMeasurementError
from bench.servers import SECRET
from ingest_api.event_log import position_order
from ingest_api.tokens import Grant, issue_token
from streamlit_app.api.asking import LIMITS
from streamlit_app.live.feed.component import shortest_redraw_ms

#: What the Live page asks for at each drawing; see streamlit_app/class_view/view.py.
_ASKED: Final = ("live?stream=false&events=0",)
_TIMEOUT_SECONDS: Final = 60.0


class Instructor:
    """One open Live page without its browser.

    Attributes:
        fresh: For each event that its numbers came to count, how long that took after it happened,
            in seconds.
        arrived: For each event, how long it took to arrive in the live list, in seconds.
        answers: How long each drawing's slowest answer took, in seconds.
        refused: Drawings that lacked an answer: the page then keeps the numbers it has.
    """

    def __init__(self, ingest: str, api: str, course_id: str) -> None:
        self.fresh: list[float] = []
        self.arrived: list[float] = []
        self.answers: list[float] = []
        self.refused = 0
        self._ingest, self._api, self._course_id = ingest, api, course_id
        self._not_counted: list[tuple[tuple[int, int], datetime]] = []
        self._moved = asyncio.Event()
        self._token = issue_token(SECRET, Grant("read", course_id))

    @property
    def is_up_to_date(self) -> bool:
        """Whether something happened, and the numbers count all of it."""
        return bool(self.fresh) and not self._not_counted

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch until the block is left."""
        address = f"{self._ingest.replace('http', 'ws', 1)}/ws/dashboard?signals=1&course_id="
        headers = {"Authorization": f"Bearer {self._token}"}
        async with (
            httpx.AsyncClient(
                base_url=self._api, headers=headers, timeout=_TIMEOUT_SECONDS, limits=LIMITS
            ) as client,
            connect(address + self._course_id, additional_headers=headers) as live,
        ):
            tasks = [
                asyncio.create_task(self._listen(live)),
                asyncio.create_task(self._ask(client)),
            ]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                for ended in await asyncio.gather(*tasks, return_exceptions=True):
                    if isinstance(ended, Exception):
                        raise BadMeasurementError(f"an instructor's page failed: {ended!r}")

    async def _listen(self, live: ClientConnection) -> None:
        async for text in live:
            now, message = datetime.now(UTC), json.loads(text)
            if "signal" in message:
                self._moved.set()
            elif "position" in message:
                happened = datetime.fromisoformat(message["occurred_at"])
                self.arrived.append((now - happened).total_seconds())
                self._not_counted.append((position_order(message["position"]), happened))

    async def _ask(self, client: httpx.AsyncClient) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._moved.wait()
            self._moved.clear()
            begin = loop.time()
            paths = (f"/api/v1/courses/{self._course_id}/{name}" for name in _ASKED)
            answers = await asyncio.gather(*(client.get(path) for path in paths))
            took = loop.time() - begin
            self.answers.append(took)
            if all(answer.is_success for answer in answers):
                self._count([answer.json() for answer in answers])
            else:
                self.refused += 1
            await asyncio.sleep(begin + shortest_redraw_ms(took) / 1_000 - loop.time())

    def _count(self, answers: list[dict[str, Any]]) -> None:
        """Note which events all of the page's numbers count now."""
        reached = min(
            position_order(answer["as_of"]["position"] or "0-0")
            for answer in answers
            if "as_of" in answer
        )
        now = datetime.now(UTC)
        counted = [at for place, at in self._not_counted if place <= reached]
        self.fresh += [(now - at).total_seconds() for at in counted]
        self._not_counted = [each for each in self._not_counted if each[0] > reached]
