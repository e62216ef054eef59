"""All between an event and an answer: Redis, PostgreSQL, lake, ingest, relay, worker, API."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from analytics.settings import LakeSettings
from bench.servers import SECRET, Server, ours, postgres, process, redis, running
from flows.migrations.migrate import prepare_databases


@dataclass(frozen=True)
class Pipeline:
    """The processes that are asked, and what others need to find the stores."""

    ingest: Server
    api: Server
    environment: Mapping[str, str]


@dataclass(frozen=True)
class WayToTheStores:
    """What brings events to the stores, and what others need to find these."""

    ingest: Server
    worker: psutil.Process
    environment: Mapping[str, str]


@contextmanager
def way_to_the_stores(
    folder: Path, full_log: Mapping[str, str] | None = None
) -> Iterator[WayToTheStores]:
    """Run what brings events to the stores, which are empty.

    Args:
        folder: Where everything is kept.
        full_log: The settings of the full event log; without them there is none.
    """
    with ExitStack() as started:
        log = started.enter_context(redis(folder))
        catalog = started.enter_context(postgres(folder))
        lake = str(folder / "lake")
        prepare_databases(
            LakeSettings(CELLPULSE_POSTGRES_URL=catalog.url, CELLPULSE_LAKE_PATH=lake)
        )
        environment = {
            "CELLPULSE_REDIS_URL": log.url,
            "CELLPULSE_POSTGRES_URL": catalog.url,
            "CELLPULSE_LAKE_PATH": lake,
            "CELLPULSE_SECRET": SECRET,
            **(full_log or {}),
        }
        _, worker = (
            started.enter_context(running(process(name, environment, log.url), folder))
            for name in ("relay", "worker")
        )
        ingest = started.enter_context(ours(folder, "ingest_api.serve", environment))
        yield WayToTheStores(ingest, worker, environment)


@contextmanager
def pipeline(folder: Path) -> Iterator[Pipeline]:
    """Run all of it, empty, without the full event log."""
    with (
        way_to_the_stores(folder) as way,
        ours(folder, "analytics.serve", way.environment) as api,
    ):
        yield Pipeline(way.ingest, api, way.environment)
