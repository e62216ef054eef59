"""Watches the channel: wakes the actors, and adopts what others published into the log."""

import asyncio
import json
import logging
import re
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

import click
from dramatiq.brokers.redis import RedisBroker
from pydantic import ValidationError
from redis import Redis, RedisError
from uuid_utils import uuid7

from flows.lease import Lease
from flows.liveness import say_alive
from flows.log_reader import LogReader
from flows.log_trimmer import LogTrimmer
from flows.metrics.log_figures import LogFigures
from flows.metrics.serve import keep_served
from flows.redis_client import connect_redis
from flows.settings import RelaySettings
from flows.wake_ups import WakeUps
from ingest_api.event_log import (
    CHANNEL,
    Candidate,
    EventLog,
    LogUnavailableError,
    limit_in_memory,
    open_redis,
)
from ingest_api.events import ProgressEvent
from ingest_api.logs import start_logging
from ingest_api.preferences import StudentPreferences, allowed_part
from ingest_api.problems import faults_in_a_line
from ingest_api.process_metrics import process_registry
from ingest_api.pseudonymous_courses import NOT_BY_CHANNEL, PseudonymousCourses
from ingest_api.registered_courses import RegisteredCourses
from ingest_api.settings import BadSettingError

logger = logging.getLogger(__name__)
_WAKE_SECONDS: Final = 0.2
_PATROL_SECONDS: Final = 1.0
_TRIM_SECONDS: Final = 5.0
_MAINTENANCE_SECONDS: Final = 60.0
#: Shorter than the client's time-out.
_LISTEN_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 0.5
_LEASE_SECONDS: Final = 1.0
_MESSAGES_WAITING: Final = 10_000
_POSITION: Final = re.compile(r"[0-9]{1,16}-[0-9]{1,16}")
#: In place of a message that was refused because it names a student of a pseudonymous course.
NOT_KEPT: Final = b"<not kept: it names a student>"


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
        self._dropped = 0

    def hear(self, message: bytes) -> None:
        """Hear one message of the channel at once: Redis drops a subscriber that is slow.

        What is no event of the log waits for its adoption. Past 10,000 that wait for a full log,
        the newest are lost, which is logged.
        """
        if _is_of_the_log(message):
            self._heard.set()
            return
        if self._to_adopt.full():
            self._dropped += 1
            if self._dropped == 1:
                logger.error("too many messages of the channel wait: new ones are lost for now")
            return
        self._to_adopt.put_nowait(message)
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
        try:
            data = json.loads(message)
        except (ValueError, RecursionError):
            await self._reject(message, "not JSON")
            return
        if isinstance(data, dict) and str(data.get("course_id")) in self._pseudonymous:
            # Only the ingest has the key, and checks whose events they are.
            await self._reject(NOT_KEPT, NOT_BY_CHANNEL)
            return
        try:
            event = ProgressEvent.model_validate(data)
        except ValidationError as error:
            await self._reject(message, faults_in_a_line(error.errors()))
            return
        await self._adopt(event)

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


async def relay(settings: RelaySettings) -> None:
    """Run the relay until SIGTERM or SIGINT."""
    client = open_redis(settings.redis_url)
    redis = connect_redis(settings.redis_url)
    broker = RedisBroker(client=connect_redis(settings.redis_url))
    wake_ups = WakeUps(redis, broker, settings.stores)
    log = EventLog(client, settings.log_limit_bytes)
    courses = RegisteredCourses(client)
    preferences = StudentPreferences(client)
    pseudonymous = PseudonymousCourses(client, key=None)
    watch = Relay(log, courses, preferences, pseudonymous, redis, wake_ups, settings)
    registry = process_registry()
    registry.register(
        LogFigures(connect_redis(settings.redis_url), settings.stores, settings.log_limit_bytes)
    )
    keep_served(registry, settings.host, settings.relay_metrics_port)

    async def listen() -> None:
        async with client.pubsub() as subscriber:
            await subscriber.subscribe(CHANNEL)
            logger.info("listening for %s", ", ".join(settings.stores))
            while True:
                message: Any = await subscriber.get_message(
                    ignore_subscribe_messages=True, timeout=_LISTEN_SECONDS
                )
                if message is not None:
                    watch.hear(message["data"])

    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    lease = Lease(client)
    work = (
        listen,
        courses.follow,
        preferences.follow,
        pseudonymous.follow,
        partial(watch.adopt_what_was_heard, lease),
        partial(watch.hold, lease),
        watch.wake_on_events,
        watch.patrol,
        watch.trim,
        watch.ask_for_maintenance,
    )
    tasks: list[asyncio.Task[Any]] = [
        asyncio.create_task(_again_after_failure(run)) for run in work
    ]
    tasks.append(asyncio.create_task(stopped.wait()))
    ended, running = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await client.aclose()
    for task in ended:
        task.result()  # a failure that was not foreseen ends the process, which is started again


async def _again_after_failure(work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except (RedisError, LogUnavailableError, OSError) as error:
            logger.warning("the relay waits for Redis: %s", error)
            await asyncio.sleep(_PAUSE_SECONDS)


@click.command()
def run() -> None:
    """Run the relay until SIGTERM or SIGINT."""
    try:
        settings = RelaySettings.load()
        start_logging("relay")
    except BadSettingError as error:
        sys.exit(f"cellpulse relay: {error}")
    asyncio.run(relay(settings))


if __name__ == "__main__":
    run()
