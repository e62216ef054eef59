"""Events for the stores."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from flows.log.logged_event import LoggedEvent
from flows.log.reader import LogReader
from flows.settings import FlowsSettings, InfluxSettings
from ingest_api.events import ProgressEvent, StoredEvent

Make = Callable[..., LoggedEvent]
STORES = ["influxdb", "postgres", "lake"]
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def start() -> datetime:
    """Return the time of the first event that `event` makes."""
    return START


@pytest.fixture
def event() -> Callable[..., LoggedEvent]:
    """Return a function that makes the event at log place `number`, a second after the last."""

    def make(number: int, **fields: Any) -> LoggedEvent:
        at = START + timedelta(seconds=number)
        sent = {"course_id": "demo", "student_id": "s1", "status": "ok"} | fields
        position = f"{int(at.timestamp() * 1000)}-0"
        return LoggedEvent(
            position, StoredEvent.accept(ProgressEvent.model_validate(sent), received_at=at)
        )

    return make


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """Return a client that gives bytes, as the workers' does."""
    with Redis.from_url(redis_url, protocol=2) as client:
        yield client


@pytest.fixture
def flows_settings(
    redis_url: str, postgres_url: str, lake_path: str, influx_settings: InfluxSettings
) -> FlowsSettings:
    """Return the settings of a worker with all stores, which are empty."""
    return FlowsSettings(
        CELLPULSE_REDIS_URL=redis_url,
        CELLPULSE_POSTGRES_URL=postgres_url,
        CELLPULSE_LAKE_PATH=lake_path,
        influx=influx_settings,
    )


@pytest.fixture
def log(redis: Redis) -> LogReader:
    """Return a reader of a log with the stores' groups."""
    reader = LogReader(redis)
    reader.add_groups(STORES)
    return reader


@pytest.fixture
def append(redis: Redis, event: Make) -> Callable[[int], list[str]]:
    """Return a function that appends events and returns their positions."""
    offset = iter(range(1, 100_000))

    def add(count: int) -> list[str]:
        return [
            str(
                redis.xadd(
                    "progress-events:log",
                    {"event": event(n).event.to_json(), "offset": next(offset)},
                ),
                "ascii",
            )
            for n in range(count)
        ]

    return add
