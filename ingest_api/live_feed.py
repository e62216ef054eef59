"""Follows the log and hands each event to the dashboards, and passes on the lake's signals."""

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ingest_api.connection_manager import ConnectionManager
from ingest_api.event_log import ROLLUPS_ADVANCED, EventLog, LogUnavailableError

logger = logging.getLogger(__name__)
#: Shorter than the client's time-out.
_WAIT_MS: Final = 1_000
_PAUSE_SECONDS: Final = 0.5
_GATHER_SECONDS: Final = 0.005
_GATHER_SECONDS_A_DASHBOARD: Final = 0.0002


def published_form(position: str, stored: str) -> str:
    """Return an event as it is published: what is stored, plus `position`."""
    return f'{{"position":"{position}",{stored[1:]}'


def whose(stored: str) -> tuple[str, str] | None:
    """Return course and student of a stored event; None for an entry that is no event."""
    try:
        event = json.loads(stored)
        return str(event["course_id"]), str(event["student_id"])
    except (ValueError, LookupError, TypeError):
        return None


class LiveFeed:
    """Reads the log, not the channel: a connection that breaks then loses nothing."""

    def __init__(self, log: EventLog, redis: Redis, connections: ConnectionManager) -> None:
        self._log = log
        self._redis = redis
        self._connections = connections
        self._position: str | None = None
        self._begun = asyncio.Event()

    async def begun(self) -> None:
        """Wait until each further event of the log will be handed on.

        What the log holds by then whoever wants it has to read from there.
        """
        await self._begun.wait()

    async def follow_log(self) -> None:
        """Hand on event after event until cancelled, going on where it was after a failure."""
        while True:
            try:
                if self._position is None:
                    self._position = await self._log.last_position()
                    self._begun.set()
                page = await self._log.after(self._position, _WAIT_MS)
                if page:
                    self._position = page[-1][0]
                    self._hand_on(page)
                    await asyncio.sleep(self._gathering_seconds())
            except LogUnavailableError as error:
                logger.warning("the live feed waits: %s", error)
                await asyncio.sleep(_PAUSE_SECONDS)
            except Exception:
                logger.exception("the live feed goes on after something that was not foreseen")
                await asyncio.sleep(_PAUSE_SECONDS)

    def _hand_on(self, page: Sequence[tuple[str, str]]) -> None:
        if not self._connections:
            return
        events = [
            (*of, position, published_form(position, stored))
            for position, stored in page
            if (of := whose(stored)) is not None
        ]
        self._connections.send_events(events)

    def _gathering_seconds(self) -> float:
        """Return how long events that follow others gather before they are read.

        A read costs more than an event, and so does a write to each dashboard. An event that comes
        alone is read at once.
        """
        return _GATHER_SECONDS + _GATHER_SECONDS_A_DASHBOARD * len(self._connections)

    async def follow_signals(self) -> None:
        """Pass on `rollups-advanced` until cancelled."""
        while True:
            try:
                async with self._redis.pubsub() as subscriber:
                    await subscriber.subscribe(ROLLUPS_ADVANCED)
                    while True:
                        message = await subscriber.get_message(
                            ignore_subscribe_messages=True, timeout=_WAIT_MS / 1000
                        )
                        if message is not None:
                            self._pass_on(message["data"])
            except (RedisError, OSError) as error:
                logger.warning("the signals wait: %s", error)
                await asyncio.sleep(_PAUSE_SECONDS)
            except Exception:
                logger.exception("the signals go on after something that was not foreseen")
                await asyncio.sleep(_PAUSE_SECONDS)

    def _pass_on(self, raw: bytes) -> None:
        try:
            signal = json.loads(raw)
            courses, position = list(signal["courses"]), str(signal["position"])
        except (ValueError, LookupError, TypeError):
            logger.warning("ignored a message on %s that is not a signal", ROLLUPS_ADVANCED)
            return
        message = json.dumps({"signal": ROLLUPS_ADVANCED, "position": position})
        self._connections.send_signal(courses, message)
