"""The relay's process: `python -m flows.relay`."""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final

import click
from dramatiq.brokers.redis import RedisBroker
from redis import RedisError
from redis.asyncio import Redis

from flows.metrics.log_figures import LogFigures
from flows.metrics.serve import keep_served
from flows.redis_client import connect_redis
from flows.relay.lease import Lease
from flows.relay.relay import Relay
from flows.settings import RelaySettings
from flows.worker.wake_ups import WakeUps
from ingest_api.event_log import CHANNEL, EventLog, LogUnavailableError, open_redis
from ingest_api.logs import start_logging
from ingest_api.preferences import StudentPreferences
from ingest_api.process_metrics import process_registry
from ingest_api.pseudonymous_courses import PseudonymousCourses
from ingest_api.registered_courses import RegisteredCourses
from ingest_api.settings import BadSettingError

logger = logging.getLogger(__name__)
#: Shorter than the client's time-out.
_LISTEN_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 0.5


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
    lease = Lease(client)
    try:
        await _until_stopped(
            partial(_listen, client, watch, settings.stores),
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
    finally:
        await client.aclose()


async def _listen(client: Redis, watch: Relay, stores: Sequence[str]) -> None:
    async with client.pubsub() as subscriber:
        await subscriber.subscribe(CHANNEL)
        logger.info("listening for %s", ", ".join(stores))
        while True:
            message: Any = await subscriber.get_message(
                ignore_subscribe_messages=True, timeout=_LISTEN_SECONDS
            )
            if message is not None:
                watch.hear(message["data"])


async def _until_stopped(*work: Callable[[], Awaitable[None]]) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    tasks: list[asyncio.Task[Any]] = [
        asyncio.create_task(_again_after_failure(run)) for run in work
    ]
    tasks.append(asyncio.create_task(stopped.wait()))
    ended, running = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
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
