"""All between an event and an answer: Redis, PostgreSQL, lake, ingest, relay, worker, API."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from analytics.settings import LakeSettings
from bench.servers import SECRET, Server, ours, postgres, process, redis, running
from flows.migrations.migrate import prepare_databases


@dataclass(frozen=True)
class Pipeline:
    """The processes that are asked, and what others need to find the stores."""

    ingest: Server
    api: Server
    environment: Mapping[str, str]


@contextmanager
def way_to_the_stores(
    folder: Path, full_log: Mapping[str, str] | None = None
) -> Iterator[tuple[Server, Mapping[str, str]]]:
    """Run what brings events to the stores, which are empty; yield the ingest and the settings.

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
        for name in ("relay", "worker"):
            started.enter_context(running(process(name, environment, log.url), folder))
        yield started.enter_context(ours(folder, "ingest_api.serve", environment)), environment


@contextmanager
def pipeline(folder: Path) -> Iterator[Pipeline]:
    """Run all of it, empty, without the full event log."""
    with (
        way_to_the_stores(folder) as (ingest, environment),
        ours(folder, "analytics.serve", environment) as api,
    ):
        yield Pipeline(ingest, api, environment)
