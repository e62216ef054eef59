"""What the contract accepts, every store holds: on the real servers, with Hypothesis' events."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import ValidationError
from sqlalchemy import Engine

from flows.log.logged_event import LoggedEvent, position_from_ns
from flows.settings import InfluxSettings
from flows.stores.influxdb import InfluxReader, InfluxWriter
from flows.stores.lake import LakeWriter
from flows.stores.lake_attach import attach_lake
from flows.stores.postgres import PostgresWriter, engine_for
from flows.stores.store import PoisonEventError, StoreUnavailableError
from ingest_api.events import ProgressEvent, StoredEvent

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class ThreeStores:
    """The three stores, and what they hold as events."""

    engine: Engine
    lake: LakeWriter
    influx: InfluxWriter
    reader: InfluxReader
    lake_address: tuple[str, str]
    written: list[LoggedEvent] = field(default_factory=list)

    def log(self, event: ProgressEvent) -> LoggedEvent:
        """Return the event at the end of the log."""
        at = NOW + timedelta(seconds=len(self.written))
        position = position_from_ns(int(at.timestamp() * 1000) * 1_000_000)
        stored = StoredEvent.accept(event, at)
        self.written.append(LoggedEvent.decode(position, stored.to_json()))
        return self.written[-1]

    def write(self, batch: list[LoggedEvent]) -> None:
        """Write a batch to each store."""
        for store in (PostgresWriter(self.engine), self.lake, self.influx):
            store.apply(batch, batch[-1].position)

    def in_influxdb(self) -> list[LoggedEvent]:
        """Return the events that InfluxDB holds."""
        last = self.written[-1].position_ns
        return [logged for batch in self.reader.batches(last) for logged in batch]

    def in_lake(self) -> list[LoggedEvent]:
        """Return the events that the lake holds."""
        with attach_lake(*self.lake_address, read_only=True) as lake:
            result = lake.execute("SELECT * FROM lake.events ORDER BY position_ns")
            names = [column[0] for column in result.description]
            return [_from_row(dict(zip(names, row, strict=True))) for row in result.fetchall()]


def _from_row(row: dict[str, Any]) -> LoggedEvent:
    position = row.pop("position")
    del row["position_ns"]
    if row["extra"] is not None:
        row["extra"] = json.loads(row["extra"])
    return LoggedEvent(position, StoredEvent.model_validate(row))


@pytest.fixture
def stores(
    postgres_url: str, lake_path: str, influx_settings: InfluxSettings
) -> Iterator[ThreeStores]:
    """Return three empty stores."""
    engine = engine_for(postgres_url)
    with (
        closing(LakeWriter(postgres_url, lake_path)) as lake,
        closing(InfluxWriter(influx_settings)) as influx,
        closing(InfluxReader(influx_settings)) as reader,
    ):
        yield ThreeStores(engine, lake, influx, reader, (postgres_url, lake_path))
    engine.dispose()


def assert_same(found: list[LoggedEvent], expected: list[LoggedEvent]) -> None:
    """Compare by the log's own bytes: Python holds 1, 1.0 and True equal."""
    assert [(e.position, _bytes(e)) for e in found] == [(e.position, _bytes(e)) for e in expected]


def _bytes(logged: LoggedEvent) -> str:
    return json.dumps(json.loads(logged.event.to_json()), sort_keys=True)


def test_every_accepted_event_is_in_all_three_stores(
    stores: ThreeStores,
    sent_events: SearchStrategy[dict[str, Any]],
    postgres_url: str,
    lake_path: str,
) -> None:
    """No store refuses what the contract accepts, and InfluxDB and the lake give it back equal."""
    refused: list[tuple[str, Exception]] = []

    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(st.lists(sent_events, min_size=1, max_size=6))
    def check(sent: list[dict[str, Any]]) -> None:
        batch = [stores.log(event) for data in sent if (event := _accepted(data))]
        assume(batch and not refused)
        try:
            stores.write(batch)
        except (PoisonEventError, StoreUnavailableError) as error:
            # Raised here, Hypothesis would try it again, on stores that have changed since.
            refused.append((str(batch), error))

    check()
    assert refused == []
    assert_same(stores.in_influxdb(), stores.written)
    assert_same(stores.in_lake(), stores.written)
    stores.lake.maintain(keep_snapshots_days=1)
    assert list(Path(lake_path).rglob("events/**/*.parquet"))
    assert_same(stores.in_lake(), stores.written)
    with psycopg.connect(postgres_url) as connection:
        students = connection.execute("SELECT course_id, student_id FROM student_states").fetchall()
    assert set(students) == {(e.event.course_id, e.event.student_id) for e in stores.written}


def _accepted(data: dict[str, Any]) -> ProgressEvent | None:
    try:
        return ProgressEvent.model_validate(data)
    except ValidationError:
        return None
