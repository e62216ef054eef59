"""What the log and Redis know of the platform as a whole, for Prometheus; the relay tells it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis import Redis, RedisError

from flows.backup.last import last_backup
from flows.liveness import is_alive
from flows.log.figures import event_counts, log_bytes, log_length
from flows.log.logged_event import START, position_ns
from flows.log.reader import LogReader
from flows.log.rejected import waiting
from flows.log.trimmer import LogTrimmer
from flows.worker.wake_ups import MAINTENANCE, messages_waiting
from ingest_api.event_log import limit_in_memory

_PROCESSES: Final = ("relay", "worker")
#: Counts on Redis, and the words for them that the ingest's own metric uses too.
_OUTCOMES: Final = {"accepted": "accepted", "duplicates": "duplicate", "rejected": "rejected"}


class LogFigures(Collector):
    """Asks Redis at each scrape; without Redis it tells that, and nothing else.

    Several relays tell the same: take the maximum of them.
    """

    def __init__(self, redis: Redis, stores: Sequence[str], limit_bytes: int) -> None:
        self._redis = redis
        self._stores = stores
        self._limit_bytes = limit_bytes
        self._log = LogReader(redis)
        self._trimmer = LogTrimmer(redis)

    def describe(self) -> Iterable[Metric]:
        """Name nothing in advance: registering must not ask Redis."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield every figure as it is now."""
        try:
            figures = [
                *self._of_stores(),
                *self._of_log(),
                *self._of_queues(),
                *self._of_memory(),
                *self._of_backup(),
            ]
        except RedisError:
            figures = []
        yield _gauge("redis_up", "Whether Redis answers: 1, or 0.", int(bool(figures)))
        yield from figures

    def _of_stores(self) -> Iterator[Metric]:
        events = _by("store", "lag_events", "Events that a store (consumer group) has not yet.")
        seconds = _by(
            "store", "lag_seconds", "How long the oldest event that a store has not yet waits."
        )
        timestamp = _by(
            "store",
            "position_timestamp_seconds",
            "When the newest event that a store has was accepted (Unix time); that of the lake "
            "is how fresh the rollups are.",
        )
        missed = _by(
            "store", "missed_events", "Events that were trimmed from the log before a store's turn."
        )
        committed, of_missed = self._log.committed(), self._log.missed.by_store()
        for store in self._stores:
            lag = self._log.lag(committed.get(store, START))
            events.add_metric([store], lag.events)
            seconds.add_metric([store], lag.seconds)
            timestamp.add_metric([store], position_ns(lag.position) / 1e9)
            missed.add_metric([store], of_missed.get(store, 0))
        yield from (events, seconds, timestamp, missed)

    def _of_log(self) -> Iterator[Metric]:
        yield _gauge("log_events", "Events that the log holds now.", log_length(self._redis))
        yield _gauge("log_size_bytes", "Bytes of the events in the log.", log_bytes(self._redis))
        limit = limit_in_memory(self._limit_bytes, self._trimmer.memory_limit())
        yield _gauge("log_limit_bytes", "Past this size of the log the ingest answers 503.", limit)
        events = CounterMetricFamily(
            "cellpulse_events", "Events since the log began, by outcome.", labels=["outcome"]
        )
        for name, count in event_counts(self._redis).items():
            events.add_metric([_OUTCOMES[name]], count)
        yield events
        yield _gauge(
            "rejected_events_waiting",
            "Events that were set aside, and wait for 'cellpulse rejected'.",
            waiting(self._redis),
        )
        alive = _by("process", "process_alive", "Whether one of a kind said lately that it lives.")
        for process in _PROCESSES:
            alive.add_metric([process], int(is_alive(self._redis, process)))
        yield alive

    def _of_queues(self) -> Iterator[Metric]:
        depth = _by("queue", "queue_messages", "Messages of an actor's queue that wait.")
        for queue in (*self._stores, MAINTENANCE):
            depth.add_metric([queue], messages_waiting(self._redis, queue))
        yield depth

    def _of_memory(self) -> Iterator[Metric]:
        memory: Any = self._redis.info("memory")
        used, limit = int(memory["used_memory"]), int(memory.get("maxmemory", 0))
        yield _gauge("redis_memory_used_bytes", "Memory that Redis uses.", used)
        yield _gauge("redis_memory_limit_bytes", "Memory that Redis may use; 0: no limit.", limit)

    def _of_backup(self) -> Iterator[Metric]:
        made_at = last_backup(self._redis)
        yield _gauge(
            "last_backup_timestamp_seconds",
            "When the last backup was made (Unix time); 0: never.",
            made_at.timestamp() if made_at else 0,
        )


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"cellpulse_{name}", meaning, value=value)


def _by(label: str, name: str, meaning: str) -> GaugeMetricFamily:
    prefix = "cellpulse_store_" if label == "store" else "cellpulse_"
    return GaugeMetricFamily(f"{prefix}{name}", meaning, labels=[label])
