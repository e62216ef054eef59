"""A simulated class in real stores, which the research notebooks read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import psycopg
import pytest

from flows.log.logged_event import LoggedEvent
from flows.migrations.migrate import migrate
from flows.simulation.truth import simulated_class
from flows.stores.lake import LakeWriter
from flows.stores.postgres import PostgresWriter, engine_for
from ingest_api.events import StoredEvent

PROJECT: Final = Path(__file__).parents[2]
BEGIN: Final = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make notebooks` keep what the research notebooks show now."""
    parser.addoption(
        "--keep-notebooks",
        action="store_true",
        help="write the research notebooks with the outputs that they have now",
    )


@dataclass(frozen=True)
class ResearchLake:
    """Where a lake is, and its writer."""

    postgres_url: str
    lake_path: str
    writer: LakeWriter


@pytest.fixture(scope="module")
def simulated_lake(
    postgres_server: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ResearchLake]:
    """Return stores with a class of 20 students and 50 minutes, course `demo`, seed 1."""
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as admin:
        admin.execute("CREATE DATABASE simulated_class")
    postgres_url = postgres_server("simulated_class")
    lake_path = str(tmp_path_factory.mktemp("lake"))
    engine = engine_for(postgres_url)
    migrate(engine)
    writer = LakeWriter(postgres_url, lake_path)
    events, _ = simulated_class(
        1, course_dir=PROJECT / "notebooks" / "course", students=20, started_at=BEGIN
    )
    logged = [
        LoggedEvent(
            f"{round(BEGIN.timestamp() * 1000) + number}-0",
            StoredEvent.accept(event, event.occurred_at or BEGIN + timedelta(hours=1)),
        )
        for number, event in enumerate(events)
    ]
    for store in (PostgresWriter(engine), writer):
        store.position()
        store.apply(logged, logged[-1].position)
    yield ResearchLake(postgres_url, lake_path, writer)
    writer.close()
    engine.dispose()
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as admin:
        admin.execute("DROP DATABASE simulated_class WITH (FORCE)")
