"""What a worker does and what it finds in PostgreSQL and on the lake's disk, for Prometheus."""

import shutil
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from flows.stores.postgres import PostgresWriter
from flows.stores.store import StoreUnavailableError
from flows.version_of_data import UnknownDataVersionError


class DrainMetrics:
    """Counts what this worker writes into each store, since it started."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._events = Counter(
            "cellpulse_worker_events",
            "Events that this worker wrote, by store.",
            ["store"],
            registry=registry,
        )
        self._seconds = Histogram(
            "cellpulse_worker_batch_duration_seconds",
            "How long this worker took for a batch, from reading to commit, by store.",
            ["store"],
            registry=registry,
        )
        self._failures = Counter(
            "cellpulse_worker_failures",
            "Drains of this worker that ended with an error and are tried again, by store.",
            ["store"],
            registry=registry,
        )

    def expect(self, store: str) -> None:
        """Tell of a store from the start, so that its first failure is a rise."""
        self._events.labels(store)
        self._failures.labels(store)

    def wrote(self, store: str, events: int, seconds: float) -> None:
        """Count a batch that was committed."""
        self._events.labels(store).inc(events)
        self._seconds.labels(store).observe(seconds)

    def failed(self, store: str) -> None:
        """Count a drain that ended with an error."""
        self._failures.labels(store).inc()


class StoredFigures(Collector):
    """Asks PostgreSQL and the disk at each scrape; what does not answer is left out."""

    def __init__(self, engine: Engine, lake_path: str) -> None:
        self._postgres = PostgresWriter(engine)
        self._lake_path = lake_path

    def describe(self) -> Iterable[Metric]:
        """Name nothing in advance: registering must not ask a store."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield every figure as it is now."""
        try:
            lost, size = self._postgres.lost_events(), self._postgres.database_bytes()
        except (StoreUnavailableError, UnknownDataVersionError):
            yield _gauge("postgres_up", "Whether PostgreSQL answers: 1, or 0.", 0)
        else:
            yield _gauge("postgres_up", "Whether PostgreSQL answers: 1, or 0.", 1)
            yield _gauge(
                "lost_events",
                "Sequence numbers that are missing over all sessions; a late event fills its gap.",
                lost,
            )
            yield _gauge("database_size_bytes", "Size of the database, catalog included.", size)
        try:
            disk = shutil.disk_usage(self._lake_path)
        except OSError:  # not there yet, or no folder of this machine
            return
        yield _gauge("lake_disk_size_bytes", "Size of the disk that the lake is on.", disk.total)
        yield _gauge("lake_disk_free_bytes", "What is free of it.", disk.free)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"cellpulse_{name}", meaning, value=value)
