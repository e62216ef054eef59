"""Watches the channel: wakes the actors, and adopts what others published into the log."""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError
from redis import Redis, RedisError
from uuid_utils import uuid7

from flows.liveness import say_alive
from flows.log.reader import LogReader
from flows.log.trimmer import LogTrimmer
from flows.relay.lease import Lease
from flows.settings import RelaySettings
from flows.worker.wake_ups import WakeUps
from ingest_api.event_log import (
    Candidate,
    EventLog,
    LogUnavailableError,
    limit_in_memory,
)
from ingest_api.events import BODY_LIMIT, ProgressEvent
from ingest_api.faults import faults_in_a_line
from ingest_api.preferences import StudentPreferences, allowed_part
from ingest_api.pseudonymous_courses import NOT_BY_CHANNEL, PseudonymousCourses
from ingest_api.registered_courses import RegisteredCourses

logger = logging.getLogger(__name__)
_WAKE_SECONDS: Final = 0.2
_PATROL_SECONDS: Final = 1.0
_TRIM_SECONDS: Final = 5.0
_MAINTENANCE_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.5
_LEASE_SECONDS: Final = 1.0
_MESSAGES_WAITING: Final = 10_000
_BYTES_WAITING: Final = 32 * BODY_LIMIT
_POSITION: Final = re.compile(r"[0-9]{1,16}-[0-9]{1,16}")
#: In place of a message that was refused because it names a student of a pseudonymous course.
NOT_KEPT: Final = b"<not kept: it names a student>"
#: In place of one that is larger than any request that the ingest takes.
TOO_LARGE: Final = b"<not kept: it is too large>"


class Relay:
    """Turns messages on the channel into wake-ups, and a patrol makes up for lost messages."""

    def __init__(
        self,
        log: EventLog,
        courses: RegisteredCourses,
        preferences: StudentPreferences,
        pseudonymous: PseudonymousCourses,
        redis: Redis,
        wake_ups: WakeUps,
        settings: RelaySettings,
    ) -> None:
        self._log = log
        self._courses = courses
        self._preferences = preferences
        self._pseudonymous = pseudonymous
        self._redis = redis
        self._reader = LogReader(redis)
        self._trimmer = LogTrimmer(redis)
        self._wake_ups = wake_ups
        self._stores = settings.stores
        self._keep = settings.log_keep
        self._limit_bytes = settings.log_limit_bytes
        self._heard = asyncio.Event()
        self._to_adopt: asyncio.Queue[bytes] = asyncio.Queue(_MESSAGES_WAITING)
        self._bytes_waiting = 0
        self._dropped = 0

    def hear(self, message: bytes) -> None:
        """Hear one message of the channel at once: Redis drops a subscriber that is slow.

        What is no event of the log waits for its adoption. Past 10,000 that wait for a full log, or
        32 MiB of them, the newest are lost, which is logged.
        """
        if _is_of_the_log(message):
            self._heard.set()
            return
        message = message[: BODY_LIMIT + 1]  # by one byte too many it is known to be too large
        if self._to_adopt.full() or self._bytes_waiting + len(message) > _BYTES_WAITING:
            self._dropped += 1
            if self._dropped == 1:
                logger.error("too many messages of the channel wait: new ones are lost for now")
            return
        self._to_adopt.put_nowait(message)
        self._bytes_waiting += len(message)
        if self._dropped:
            logger.error("%d messages of the channel were lost: the log was full", self._dropped)
            self._dropped = 0

    async def adopt_what_was_heard(self, lease: Lease) -> None:
        """Take message after message, as long as no newer relay does so."""
        for known in (self._courses, self._preferences, self._pseudonymous):
            await known.refresh()
        await lease.take()
        while True:
            message = await self._to_adopt.get()
            self._bytes_waiting -= len(message)
            if await _once_redis_answers(lease.is_mine):
                await self.take(message)

    async def hold(self, lease: Lease) -> None:
        """Prolong the lease, or take it when the relay that holds it is gone."""
        while True:
            await asyncio.sleep(_LEASE_SECONDS)
            await lease.is_mine()

    async def take(self, message: bytes) -> None:
        """Take one message of the channel: note an event of the log, adopt anything else.

        While the log takes nothing it waits: the channel would not bring the message again.
        """
        if _is_of_the_log(message):
            self._heard.set()
            return
        if len(message) > BODY_LIMIT:
            await self._reject(TOO_LARGE, f"over {BODY_LIMIT} bytes")
            return
        try:
            data = json.loads(message)
        except (ValueError, RecursionError):
            await self._reject(NOT_KEPT if self._pseudonymous else message, "not JSON")
            return
        if self._may_name(data):
            # Only the ingest has the key, and checks whose events they are.
            await self._reject(NOT_KEPT, NOT_BY_CHANNEL)
            return
        try:
            event = ProgressEvent.model_validate(data)
        except ValidationError as error:
            await self._reject(message, faults_in_a_line(error.errors()))
            return
        await self._adopt(event)

    def _may_name(self, data: Any) -> bool:
        """Tell whether a message may name a student of a pseudonymous course."""
        if isinstance(data, dict):
            return str(data.get("course_id")) in self._pseudonymous
        return bool(self._pseudonymous)  # several events in one, or whatever it is

    async def wake_on_events(self) -> None:
        """Wake every store at once after an event, and then at most every 200 ms."""
        while True:
            await self._heard.wait()
            self._heard.clear()
            for store in self._stores:
                await asyncio.to_thread(self._wake_ups.wake, store)
            await asyncio.sleep(_WAKE_SECONDS)

    async def patrol(self) -> None:
        """Wake the stores that are behind, whatever became of their notifications."""
        while True:
            await asyncio.to_thread(self._wake_those_behind)
            await asyncio.sleep(_PATROL_SECONDS)

    async def ask_for_maintenance(self) -> None:
        """Ask for maintenance once a minute."""
        while True:
            await asyncio.sleep(_MAINTENANCE_SECONDS)
            await asyncio.to_thread(self._wake_ups.request_maintenance)

    async def trim(self) -> None:
        """Drop from the log, again and again, what every store has."""
        while True:
            await asyncio.sleep(_TRIM_SECONDS)
            await asyncio.to_thread(self._trim)

    def _trim(self) -> None:
        limit = limit_in_memory(self._limit_bytes, self._trimmer.memory_limit())
        self._trimmer.trim(self._stores, self._keep, limit // 2)

    def _wake_those_behind(self) -> None:
        say_alive(self._redis, "relay")
        self._reader.add_groups(self._stores)
        for store, position in self._reader.committed().items():
            if store in self._stores and self._reader.lag(position).events:
                self._wake_ups.wake(store)

    async def _adopt(self, event: ProgressEvent) -> None:
        if event.event_id is None:
            # By its id a repeat is recognised, where an answer of Redis got lost.
            event = event.model_copy(update={"event_id": UUID(bytes=uuid7().bytes)})
        preferences = self._preferences.of(event.course_id, event.student_id)
        kept = allowed_part(self._courses.resolve(event), preferences)
        candidate = Candidate.encode(kept, datetime.now(UTC))
        await _until_taken(lambda: self._log.append([candidate]))

    async def _reject(self, message: bytes, reason: str) -> None:
        raw = message.decode(errors="replace")
        await _until_taken(lambda: self._log.reject(raw, reason, source="channel"))


def _is_of_the_log(message: bytes) -> bool:
    if len(message) > BODY_LIMIT:
        return False
    try:
        data = json.loads(message)
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and bool(_POSITION.fullmatch(str(data.get("position", ""))))


async def _until_taken(step: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await step()
        except LogUnavailableError as error:
            logger.warning("a message of the channel waits: %s", error)
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            return


async def _once_redis_answers(question: Callable[[], Awaitable[bool]]) -> bool:
    while True:
        try:
            return await question()
        except (RedisError, OSError) as error:
            logger.warning("a message of the channel waits: %s", error)
            await asyncio.sleep(_PAUSE_SECONDS)
