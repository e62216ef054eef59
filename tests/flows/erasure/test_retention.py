"""How long a course keeps its students, on real stores."""

from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from redis import Redis

from flows.audit.audit import audit
from flows.erasure.enforce import enforce
from flows.erasure.retention import due
from flows.log.logged_event import LoggedEvent
from flows.log.reader import LogReader
from flows.settings import FlowsSettings
from flows.stores.influxdb import InfluxReader, InfluxWriter
from flows.stores.lake import LakeWriter
from flows.stores.lake_attach import attach_lake
from flows.stores.postgres import PostgresWriter, engine_for
from flows.stores.store import Store, StoreUnavailableError
from flows.worker.drain import drain
from tests.cellpulse import cellpulse

Make = Callable[..., LoggedEvent]


class Installation:
    """A log and all stores, driven by hand."""

    def __init__(self, redis: Redis, settings: FlowsSettings, event: Make) -> None:
        self.redis = redis
        self.settings = settings
        self.engine = engine_for(settings.postgres_url)
        self.stores: list[Store] = [
            PostgresWriter(self.engine),
            LakeWriter(settings.postgres_url, settings.lake_path),
            InfluxWriter(settings.influx),
        ]
        self._event = event

    def post(self, seconds: int, student: str) -> None:
        """Append a student's event of so many seconds after the class's start."""
        number = self.redis.hincrby("progress-events:counts", "accepted", 1)
        text = self._event(seconds, student_id=student, notebook=f"{student}.ipynb").event.to_json()
        entry: Any = {"event": text, "offset": number, "end_byte": 1_000 * number}
        self.redis.xadd("progress-events:log", entry)

    def drain(self) -> None:
        for store in self.stores:
            drain(LogReader(self.redis), store)

    def enforce(self) -> int:
        return enforce(self.settings, self.engine, self.redis, readers_seconds=0)

    def students(self) -> dict[str, set[str]]:
        """Return of whom each store knows."""
        settings = self.settings
        with attach_lake(settings.postgres_url, settings.lake_path, read_only=True) as lake:
            in_lake = lake.execute("SELECT DISTINCT student_id FROM lake.events").fetchall()
            enrolled = lake.execute("SELECT student_id FROM master.students").fetchall()
        with closing(InfluxReader(settings.influx)) as reader:
            points = {student for _, student, _ in reader.students()}
        log: Any = self.redis.xrange("progress-events:log")
        in_log = [LoggedEvent.decode(at.decode(), entry[b"event"]) for at, entry in log]
        return {
            "lake": {student for (student,) in in_lake},
            "postgres": {student for (student,) in enrolled},
            "influxdb": points,
            "log": {logged.event.student_id for logged in in_log},
        }

    def cellpulse(self, *arguments: str) -> Any:
        environment = {
            "CELLPULSE_POSTGRES_URL": self.settings.postgres_url,
            "CELLPULSE_LAKE_PATH": self.settings.lake_path,
        }
        return cellpulse(environment, "retention", *arguments)


@pytest.fixture
def installation(
    redis: Redis, flows_settings: FlowsSettings, event: Make
) -> Iterator[Installation]:
    """Return an installation without events."""
    made = Installation(redis, flows_settings, event)
    yield made
    for store in made.stores:
        store.close()
    made.engine.dispose()


def test_whose_time_is_over_leaves_every_store(installation: Installation, start: datetime) -> None:
    """It is said before, survives being cut off, touches nobody else, and the audit agrees."""
    here = installation
    now = int((datetime.now(UTC) - start).total_seconds())
    for second in range(4):
        for student in ("gone", "also-gone", "back", "here"):
            here.post(second, student)
    here.post(now, "back")
    here.post(now, "here")
    here.drain()
    everybody = {"gone", "also-gone", "back", "here"}
    assert here.students() == dict.fromkeys(here.students(), everybody)

    assert "nobody's time is over" in here.cellpulse("--dry-run").stdout
    said = here.cellpulse("--course", "demo", "--days", "30", "--dry-run").stdout
    assert said.startswith("demo: 2 students, ")
    assert here.cellpulse().stdout == "demo: keeps everybody\n"
    assert here.enforce() == 0
    assert here.cellpulse("--course", "demo", "--days", "30").stdout == "demo: 30 days\n"
    for wrong in (("--days", "30"), ("--course", "demo", "--days", "0")):
        assert here.cellpulse(*wrong).returncode == 2
    unknown = here.cellpulse("--course", "nowhere", "--days", "3")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (1, 1)

    with (
        patch("flows.erasure.erase.erase_from_lake", side_effect=StoreUnavailableError("away")),
        pytest.raises(StoreUnavailableError),
    ):
        here.enforce()
    assert here.enforce() == 2
    rest = {"back", "here"}
    assert here.students() == dict.fromkeys(here.students(), rest)
    assert due(here.engine) == []
    assert here.enforce() == 0
    assert not here.redis.keys("cellpulse:retention*")
    files = [each for each in Path(here.settings.lake_path).rglob("*") if each.is_file()]
    assert files
    assert not any(b"also-gone" in each.read_bytes() for each in files)
    report = audit(here.settings, None, lambda _, __: nullcontext(lambda _: None))
    assert report.ok, report.as_text()
    assert here.cellpulse("--course", "demo", "--days", "keep").stdout == "demo: keeps everybody\n"
