"""Figures of processes without an address: also while a store is away or a port is taken."""

import socket
from collections.abc import Callable
from pathlib import Path

import httpx
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from flows.metrics.log_figures import LogFigures
from flows.metrics.serve import keep_served
from flows.metrics.worker_figures import StoredFigures
from flows.redis_client import connect_redis
from flows.stores.postgres import engine_for

AWAY = "127.0.0.1:1"


def test_without_redis_the_relay_tells_just_that() -> None:
    """A Redis that is away fails no scrape: `redis_up` is 0, and no figure is made up."""
    figures = LogFigures(connect_redis(f"redis://{AWAY}/0"), ("lake",), 1)
    found = {
        (sample.name, sample.value) for family in figures.collect() for sample in family.samples
    }
    assert found == {("cellpulse_redis_up", 0)}


def test_without_postgresql_the_worker_tells_just_that_and_its_disk(tmp_path: Path) -> None:
    """A PostgreSQL that is away, or a lake without a folder, fails no scrape."""
    engine = engine_for(f"postgresql://nobody@{AWAY}/nothing")
    figures = StoredFigures(engine, str(tmp_path))
    found = {sample.name: sample.value for family in figures.collect() for sample in family.samples}
    assert found.pop("cellpulse_postgres_up") == 0
    assert set(found) == {"cellpulse_lake_disk_size_bytes", "cellpulse_lake_disk_free_bytes"}
    nowhere = StoredFigures(engine, str(tmp_path / "not-there"))
    assert [family.name for family in nowhere.collect()] == ["cellpulse_postgres_up"]


def test_a_port_that_is_taken_is_waited_for(wait_until: Callable[..., None]) -> None:
    """While another process has the port nothing fails; once it is free the figures are there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        keep_served(CollectorRegistry(), "127.0.0.1", port)

    def answers() -> bool:
        try:
            return list(text_string_to_metric_families(httpx.get(address).text)) == []
        except httpx.HTTPError:
            return False

    address = f"http://127.0.0.1:{port}/metrics"
    wait_until(answers, "the figures")
