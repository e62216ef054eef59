"""`cellpulse rebuild`, on real stores: what it must never lose."""

from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from redis import Redis

from flows.log.logged_event import LoggedEvent
from flows.log.reader import LogReader
from flows.log.trimmer import LogPinnedError, LogTrimmer
from flows.rebuild import rebuild_lake
from flows.settings import FlowsSettings
from flows.stores.influxdb import InfluxWriter
from flows.stores.lake import FewerEventsError, LakeWriter
from flows.stores.lake_attach import attach_lake
from flows.worker.drain import drain

Make = Callable[..., LoggedEvent]
STORES = ("lake", "influxdb")


class Installation:
    """A log, a lake and a full event log, driven by hand."""

    def __init__(self, redis: Redis, settings: FlowsSettings, event: Make) -> None:
        self.redis = redis
        self.settings = settings
        self.log = LogReader(redis)
        self.lake = LakeWriter(settings.postgres_url, settings.lake_path)
        self.influx = InfluxWriter(settings.influx)
        self._event = event
        self._number = 0

    def post(self, count: int) -> None:
        for _ in range(count):
            self._number += 1
            entry: Any = {
                "event": self._event(self._number).event.to_json(),
                "offset": self._number,
                "end_byte": 100 * self._number,
            }
            self.redis.xadd("progress-events:log", entry)

    def trim(self) -> int:
        return LogTrimmer(self.redis).trim(STORES, 0, 10**9)

    def events_in_lake(self) -> int:
        settings = self.settings
        with attach_lake(settings.postgres_url, settings.lake_path, read_only=True) as lake:
            [(count,)] = lake.execute("SELECT count(*) FROM lake.events").fetchall()
        return int(count)


@pytest.fixture
def installation(
    redis: Redis, flows_settings: FlowsSettings, event: Make
) -> Iterator[Installation]:
    """Return an installation without events."""
    made = Installation(redis, flows_settings, event)
    yield made
    made.lake.close()
    made.influx.close()


def test_history_that_influxdb_never_had_stays(installation: Installation) -> None:
    """InfluxDB was turned on late: the lake is left as it is, and the difference is named."""
    here = installation
    here.post(6)
    drain(here.log, here.lake)
    LogTrimmer(here.redis).trim(["lake"], 0, 10**9)
    here.post(2)
    drain(here.log, here.lake)
    drain(here.log, here.influx)
    with pytest.raises(FewerEventsError, match="2 of the lake's 8"):
        rebuild_lake(here.settings)
    assert here.events_in_lake() == 8
    assert rebuild_lake(here.settings, may_lose=True)[0] == 2


def test_history_from_before_redis_was_lost_stays(installation: Installation) -> None:
    """InfluxDB's mark in a new log is at the start, and yet all that it has is used."""
    here = installation
    here.post(6)
    for store in (here.lake, here.influx):
        drain(here.log, store)
    here.redis.flushall()
    here.post(2)
    drain(here.log, here.lake)
    here.log.add_groups(["influxdb"])
    assert rebuild_lake(here.settings)[0] == 6
    drain(here.log, here.lake)
    assert here.events_in_lake() == 8


def test_the_log_is_not_trimmed_meanwhile(installation: Installation) -> None:
    """What follows InfluxDB's position stays in the log until the lake has it again."""
    here = installation
    here.post(6)
    drain(here.log, here.influx)
    here.post(2)
    drain(here.log, here.lake)
    remake = LakeWriter.remake
    trimmed: list[int] = []

    def remake_slowly(*arguments: Any, **options: Any) -> int:
        drain(here.log, here.influx)
        here.log.commit("lake", here.log.committed()["influxdb"])
        trimmed.append(here.trim())
        with pytest.raises(LogPinnedError):
            rebuild_lake(here.settings)
        return remake(*arguments, **options)

    with patch.object(LakeWriter, "remake", remake_slowly):
        assert rebuild_lake(here.settings)[0] == 6
    assert trimmed == [0]
    assert here.trim() == 6
    assert drain(here.log, here.lake) == 2
    assert here.events_in_lake() == 8
    assert here.trim() == 2
