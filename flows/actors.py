"""The Dramatiq actors: one for each store, each with its own queue, and the maintenance."""

import logging
import threading
from collections.abc import Callable
from typing import Final

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from redis import Redis

from flows.drain import drain
from flows.log_reader import Batch, LogReader, announce_rollups
from flows.settings import FlowsSettings
from flows.stores.influxdb import InfluxWriter
from flows.stores.lake import LakeWriter
from flows.stores.postgres import PostgresWriter, engine_for
from flows.stores.store import Store
from flows.wake_ups import MAINTENANCE, WakeUps, actor_of

logger = logging.getLogger(__name__)
_FIRST_RETRY_MS: Final = 250
_LAST_RETRY_MS: Final = 4_000
_TIME_LIMIT_MS: Final = 10 * 60 * 1000
#: The stores whose progress is announced: the API's answers are made of these.
_READ_BY_THE_API: Final = (PostgresWriter.name, LakeWriter.name)


def open_stores(settings: FlowsSettings) -> list[Store]:
    """Return a writer for each store in use; none connects before its first batch."""
    stores: list[Store] = [
        PostgresWriter(engine_for(settings.postgres_url)),
        LakeWriter(settings.postgres_url, settings.lake_path),
    ]
    if settings.influx.url:
        stores.append(InfluxWriter(settings.influx))
    return stores


def declare_actors(broker: RedisBroker, redis: Redis, settings: FlowsSettings) -> None:
    """Declare every actor on `broker`, with the stores that they write."""
    stores = open_stores(settings)
    log = LogReader(redis)
    wake_ups = WakeUps(redis, broker, [store.name for store in stores])
    for store in stores:
        advanced = _announcer(redis) if store.name in _READ_BY_THE_API else _say_nothing
        declare = dramatiq.actor(
            actor_name=actor_of(store.name),
            queue_name=store.name,
            broker=broker,
            max_retries=None,
            min_backoff=_FIRST_RETRY_MS,
            max_backoff=_LAST_RETRY_MS,
            time_limit=_TIME_LIMIT_MS,
        )
        declare(_writer(log, store, wake_ups, advanced))
    declare = dramatiq.actor(
        actor_name="maintain",
        queue_name=MAINTENANCE,
        broker=broker,
        max_retries=0,
        time_limit=_TIME_LIMIT_MS,
    )
    declare(_maintainer(stores, settings))


def _writer(
    log: LogReader, store: Store, wake_ups: WakeUps, advanced: Callable[[Batch], None]
) -> Callable[[], None]:
    asked, busy = threading.Event(), threading.Lock()

    def write() -> None:
        asked.set()
        wake_ups.arrived(store.name)
        # A store that is slow must not take the other stores' threads.
        if not busy.acquire(blocking=False):
            return
        try:
            while asked.is_set():
                asked.clear()
                drain(log, store, advanced)
        except Exception:
            # Dramatiq brings this message again; until then no other one is needed.
            wake_ups.hold(store.name)
            raise
        finally:
            busy.release()

    return write


def _announcer(redis: Redis) -> Callable[[Batch], None]:
    def announce(batch: Batch) -> None:
        courses = sorted({event.event.course_id for event in batch.events})
        announce_rollups(redis, batch.position, courses)

    return announce


def _say_nothing(_: Batch) -> None:
    pass


def _maintainer(stores: list[Store], settings: FlowsSettings) -> Callable[[], None]:
    def maintain() -> None:
        for store in stores:
            if isinstance(store, LakeWriter):
                store.maintain(settings.snapshot_days)
        logger.info("maintained the lake")

    return maintain
