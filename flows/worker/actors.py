"""The Dramatiq actors: one for each store, each with its own queue, and the maintenance."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Final

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from redis import Redis

from flows.erasure.enforce import enforce
from flows.log.batch import Batch
from flows.log.reader import LogReader
from flows.redis_client import connect_redis
from flows.settings import FlowsSettings
from flows.stores.influxdb import InfluxWriter
from flows.stores.lake import LakeWriter
from flows.stores.lrs import LrsWriter
from flows.stores.postgres import PostgresWriter, engine_for
from flows.stores.solved import FirstSolutions
from flows.stores.store import Store
from flows.stores.student_views import delete_old
from flows.worker.drainer import Drainer
from flows.worker.rollup_signal import announce_batch
from flows.worker.wake_ups import MAINTENANCE, WakeUps, actor_of
from flows.xapi.identity import Identity
from flows.xapi.statements import Statements

logger = logging.getLogger(__name__)
_FIRST_RETRY_MS: Final = 250
_LAST_RETRY_MS: Final = 4_000
_TIME_LIMIT_MS: Final = 10 * 60 * 1000
#: The stores whose progress is announced, for the API's answers are made of them: each with the
#: other one.
_READ_BY_THE_API: Final = {
    PostgresWriter.name: LakeWriter.name,
    LakeWriter.name: PostgresWriter.name,
}


def open_stores(settings: FlowsSettings) -> list[Store]:
    """Return a writer for each store in use; none connects before its first batch.

    Raises:
        BadSettingError: Statements are to be pushed, and there is no key for pseudonyms.
    """
    stores: list[Store] = [
        PostgresWriter(engine_for(settings.postgres_url)),
        LakeWriter(settings.postgres_url, settings.lake_path),
    ]
    if settings.influx.url:
        stores.append(InfluxWriter(settings.influx))
    if settings.lrs.url:
        solutions = FirstSolutions(connect_redis(settings.redis_url))
        stores.append(LrsWriter(settings.lrs, Statements(Identity.load()), solutions))
    return stores


def declare_actors(
    broker: RedisBroker, redis: Redis, wake_ups: WakeUps, settings: FlowsSettings
) -> list[Drainer]:
    """Declare every actor on `broker`; return what drains the log into each store.

    Raises:
        BadSettingError: See `open_stores`.
    """
    stores = open_stores(settings)
    log = LogReader(redis)
    drainers = []
    for store in stores:
        other = _READ_BY_THE_API.get(store.name)
        advanced = partial(announce_batch, redis, log, other=other) if other else _say_nothing
        drainer = Drainer(log, store, advanced)
        drainers.append(drainer)
        declare = dramatiq.actor(
            actor_name=actor_of(store.name),
            queue_name=store.name,
            broker=broker,
            max_retries=None,
            min_backoff=_FIRST_RETRY_MS,
            max_backoff=_LAST_RETRY_MS,
            time_limit=_TIME_LIMIT_MS,
        )
        declare(_writer(drainer, wake_ups))
    declare = dramatiq.actor(
        actor_name="maintain",
        queue_name=MAINTENANCE,
        broker=broker,
        max_retries=0,
        time_limit=_TIME_LIMIT_MS,
    )
    declare(_maintainer(stores, wake_ups, settings, redis))
    return drainers


def _writer(drainer: Drainer, wake_ups: WakeUps) -> Callable[[], None]:
    def write() -> None:
        wake_ups.arrived(drainer.name)
        try:
            drainer.run()
        except Exception:
            # Dramatiq brings this message again; until then no other one is needed.
            wake_ups.hold(drainer.name)
            raise

    return write


def _say_nothing(_: Batch) -> None:
    pass


def _maintainer(
    stores: list[Store], wake_ups: WakeUps, settings: FlowsSettings, redis: Redis
) -> Callable[[], None]:
    engine = engine_for(settings.postgres_url)

    def maintain() -> None:
        wake_ups.arrived(MAINTENANCE)
        for store in stores:
            if isinstance(store, LakeWriter):
                store.maintain(settings.snapshot_days)
        logger.info("maintained the lake")
        delete_old(engine)
        enforce(settings, engine, redis)

    return maintain
