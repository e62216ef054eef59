"""The ingest's own figures, in Prometheus' text format."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from ingest_api.connection_manager import ConnectionManager


class IngestMetrics:
    """Counts since this process started."""

    def __init__(self, connections: ConnectionManager) -> None:
        self._registry = CollectorRegistry()
        events = Counter(
            "cellpulse_ingest_events",
            "Events that clients sent, by what became of them.",
            ["outcome"],
            registry=self._registry,
        )
        self._accepted = events.labels("accepted")
        self._duplicates = events.labels("duplicate")
        self._rejected = events.labels("rejected")
        Gauge(
            "cellpulse_ingest_websockets",
            "Dashboards that are connected now.",
            registry=self._registry,
        ).set_function(lambda: len(connections))

    def count_request(self, accepted: int, duplicates: int, rejected: int) -> None:
        """Count the events of one request."""
        self._accepted.inc(accepted)
        if duplicates:
            self._duplicates.inc(duplicates)
        if rejected:
            self._rejected.inc(rejected)

    def exposition(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self._registry)
