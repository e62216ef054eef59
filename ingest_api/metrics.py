"""The ingest's own figures, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from ingest_api.connection_manager import ConnectionManager


class IngestMetrics:
    """Counts since this process started."""

    def __init__(self, registry: CollectorRegistry) -> None:
        events = Counter(
            "cellpulse_ingest_events",
            "Events that clients sent, by what became of them.",
            ["outcome"],
            registry=registry,
        )
        self._accepted = events.labels("accepted")
        self._duplicates = events.labels("duplicate")
        self._rejected = events.labels("rejected")
        self._websockets = Gauge(
            "cellpulse_ingest_websockets",
            "Dashboards that are connected now.",
            registry=registry,
        )

    def watch(self, connections: ConnectionManager) -> None:
        """Tell of the dashboards that are connected now."""
        self._websockets.set_function(lambda: len(connections))

    def count_request(self, accepted: int, duplicates: int, rejected: int) -> None:
        """Count the events of one request."""
        self._accepted.inc(accepted)
        if duplicates:
            self._duplicates.inc(duplicates)
        if rejected:
            self._rejected.inc(rejected)
