"""Concurrent requests share a step: while one is on its way to disk, the next one fills up."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

from ingest_api.event_log import Candidate, EventLog, LogUnavailableError

logger = logging.getLogger(__name__)
#: Most events in one step: it bounds how long a step blocks Redis, to some milliseconds.
_EVENTS_A_STEP: Final = 2_000
#: How long a step waits for others as long as more come, in seconds.
_GATHER_SECONDS: Final = 0.005
#: Turns of the event loop without a new request after which none is on its way: a request that
#: has been read is here in the next turn.
_QUIET_TURNS: Final = 2
#: Past this many events waiting, new ones are refused rather than kept in memory.
_EVENTS_WAITING: Final = 20_000


class _Request:
    __slots__ = ("candidates", "positions", "rejected")

    def __init__(self, candidates: Sequence[Candidate], rejected: int) -> None:
        self.candidates = candidates
        self.rejected = rejected
        self.positions: asyncio.Future[list[str | None]] = (
            asyncio.get_running_loop().create_future()
        )


class GroupCommit:
    """Appends to the log in steps that concurrent requests share."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._waiting: deque[_Request] = deque()
        self._events_waiting = 0
        self._wake = asyncio.Event()

    async def append(self, candidates: Sequence[Candidate], rejected: int = 0) -> list[str | None]:
        """Append events; return for each its log position, or None where it is a repeat.

        Raises:
            LogUnavailableError: None of them is known to be in the log; send them again.
        """
        return await self.submit(candidates, rejected)

    def submit(
        self, candidates: Sequence[Candidate], rejected: int = 0
    ) -> "asyncio.Future[list[str | None]]":
        """As `append`, for who does not wait; it raises where nothing may be added now."""
        if self._events_waiting > _EVENTS_WAITING:
            raise LogUnavailableError("too many events are waiting for Redis")
        request = _Request(candidates, rejected)
        self._waiting.append(request)
        self._events_waiting += len(candidates)
        self._wake.set()
        return request.positions

    async def run(self) -> None:
        """Take step after step until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._gather()
                await self._step(self._next_step())

    async def _gather(self) -> None:
        """Let those that come at the same time come along: a step costs more than an event.

        A request that is alone waits for nothing but two turns of the event loop.
        """
        end = time.monotonic() + _GATHER_SECONDS
        quiet, known = 0, len(self._waiting)
        while quiet < _QUIET_TURNS and self._events_waiting < _EVENTS_A_STEP:
            await asyncio.sleep(0)
            quiet = quiet + 1 if len(self._waiting) == known else 0
            known = len(self._waiting)
            if time.monotonic() > end:
                return

    def _next_step(self) -> list[_Request]:
        step = [self._waiting.popleft()]
        events = len(step[0].candidates)
        while self._waiting and events + len(self._waiting[0].candidates) <= _EVENTS_A_STEP:
            step.append(self._waiting.popleft())
            events += len(step[-1].candidates)
        self._events_waiting -= events
        return step

    async def _step(self, step: list[_Request]) -> None:
        candidates = [candidate for request in step for candidate in request.candidates]
        try:
            positions = await self._log.append(candidates, sum(r.rejected for r in step))
        except Exception as error:
            if not isinstance(error, LogUnavailableError):
                logger.exception("a step failed in a way that was not foreseen")
            for request in step:
                if not request.positions.done():
                    request.positions.set_exception(LogUnavailableError(str(error)))
            return
        start = 0
        for request in step:
            end = start + len(request.candidates)
            if not request.positions.done():
                request.positions.set_result(positions[start:end])
            start = end
