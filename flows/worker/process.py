"""The worker's process, which runs the Dramatiq actors: `python -m flows.worker`."""

import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

import click
import duckdb
from dramatiq import Worker
from dramatiq.brokers.redis import RedisBroker
from redis import RedisError
from sqlalchemy import Engine

from flows.liveness import ALIVE_SECONDS, say_alive
from flows.log.reader import LogReader
from flows.metrics.serve import keep_served
from flows.metrics.worker_figures import DrainMetrics, StoredFigures
from flows.redis_client import connect_redis
from flows.settings import FlowsSettings
from flows.stores.lake_attach import attach_lake
from flows.stores.lake_bucket import BucketRefusedError, try_bucket
from flows.stores.postgres import engine_for
from flows.stores.store import StoreUnavailableError
from flows.version_of_data import UnknownDataVersionError
from flows.worker.actors import declare_actors
from flows.worker.drainer import Drainer
from flows.worker.patrol import Patrol, Watchdog
from flows.worker.publisher import keep_published
from flows.worker.wake_ups import WakeUps
from ingest_api.logs import start_logging
from ingest_api.process_metrics import process_registry
from ingest_api.settings import BadSettingError

#: How long an idle queue may sleep before it looks again. It bounds a wake-up's delay.
_IDLE_MS: Final = 100
#: Together less than the supervisor waits; what is cut off then is done again by the next worker.
_STOP_MS: Final = 2_500
_STOP_PATROL_SECONDS: Final = 1.0
#: Objects made beyond those let go until Python looks for garbage. Events are kept for a while,
#: some tens of objects each, and are none: at its own 700 it looks through all again and again.
_GARBAGE_OBJECTS: Final = 50_000
_LOOK_SECONDS: Final = ALIVE_SECONDS / 3
#: No batch takes half as long, and no store may take longer to say that it is away.
_HUNG_AFTER_LOOKS: Final = 30

logger = logging.getLogger(__name__)


@click.command()
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 64))
def work(threads: int) -> None:
    """Run the actors until SIGTERM or SIGINT; what they had begun is ended or left for later."""
    try:
        settings = FlowsSettings.load()
        start_logging("worker")
    except BadSettingError as error:
        sys.exit(f"cellpulse worker: {error}")
    _refuse_lake(settings)
    redis = connect_redis(settings.redis_url)
    broker = RedisBroker(client=connect_redis(settings.redis_url))
    wake_ups = WakeUps(redis, broker, settings.stores)
    try:
        drainers = declare_actors(broker, redis, wake_ups, settings)
    except BadSettingError as error:
        sys.exit(f"cellpulse worker: {error}")
    worker = Worker(broker, worker_timeout=_IDLE_MS, worker_threads=threads)
    asked_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_stop.set())
    gc.freeze()
    gc.set_threshold(_GARBAGE_OBJECTS, 20, 100)
    worker.start()
    log = LogReader(redis)
    patrol, watchdog = Patrol(log, wake_ups), Watchdog(drainers, _HUNG_AFTER_LOOKS)
    patrol.start(drainers)
    engine = engine_for(settings.postgres_url)
    _tell_prometheus(settings, engine, drainers)
    courses = threading.Thread(
        target=keep_published,
        args=(engine, redis, asked_to_stop),
        daemon=True,
    )
    courses.start()
    logger.info("working for %s", ", ".join(settings.stores))
    while not asked_to_stop.is_set():
        with suppress(RedisError):
            say_alive(redis, "worker")
        if hung := watchdog.look():
            logger.critical("%s has not moved for a minute: start this process again", hung)
            # A thread that hangs can't be ended, only its process; the next one goes on.
            os._exit(1)
        asked_to_stop.wait(_LOOK_SECONDS)
    patrol.stop(_STOP_PATROL_SECONDS)
    worker.stop(_STOP_MS)


def _refuse_lake(settings: FlowsSettings) -> None:
    try:
        try_bucket(settings.lake_path)
        attach_lake(settings.postgres_url, settings.lake_path, read_only=True).close()
    except (UnknownDataVersionError, BucketRefusedError) as error:
        sys.exit(f"cellpulse worker: {error}")
    except (duckdb.Error, StoreUnavailableError):
        pass  # away, or not there yet: every writer looks again when it connects


def _tell_prometheus(settings: FlowsSettings, engine: Engine, drainers: Iterable[Drainer]) -> None:
    registry = process_registry()
    registry.register(StoredFigures(engine, settings.lake_path))
    metrics = DrainMetrics(registry)
    for drainer in drainers:
        drainer.count_in(metrics)
    keep_served(registry, settings.host, settings.worker_metrics_port)
