"""Bytes that an event takes: in the lake, in InfluxDB, in the log; and as gzipped lines of JSON."""

import asyncio
import gzip
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.line import OURS, Aim, Figures, Line, Row, Scale, Sides
from bench.servers import influxdb, postgres, redis
from bench.stored import stored_events
from flows.log.logged_event import LoggedEvent
from flows.settings import InfluxSettings
from flows.stores.influxdb import InfluxWriter
from flows.stores.lake import LakeWriter
from flows.stores.lake_attach import attach_lake
from ingest_api.event_log import Candidate, EventLog, open_redis

_BATCH: Final = 2_000
_GZIP: Final = "JSON lines, gzip"


@contextmanager
def _prepare(folder: Path, scale: Scale) -> Sides:
    events = stored_events(scale.of(40_000, 500))
    compressed = gzip.compress("\n".join(logged.event.to_json() for logged in events).encode())
    found = {
        "lake": _in_lake(folder, events),
        "influxdb": _in_influxdb(folder, events),
        "log": _in_log(folder, events),
    }

    def ours() -> Figures:
        return {name: size / len(events) for name, size in found.items()}

    def lines() -> Figures:
        return dict.fromkeys(found, len(compressed) / len(events))

    yield {OURS: ours, _GZIP: lines}


def _batches(events: Sequence[LoggedEvent]) -> list[Sequence[LoggedEvent]]:
    return [events[start : start + _BATCH] for start in range(0, len(events), _BATCH)]


def _in_lake(folder: Path, events: Sequence[LoggedEvent]) -> int:
    """Write as the worker does, maintain, and count the files that are in use."""
    lake = str(folder / "lake")
    with postgres(folder) as catalog:
        writer = LakeWriter(catalog.url, lake)
        writer.position()
        for batch in _batches(events):
            writer.apply(batch, batch[-1].position)
        writer.maintain(30)
        writer.close()
        with attach_lake(catalog.url, lake, read_only=True) as connection:
            query = "SELECT sum(file_size_bytes) FROM ducklake_table_info('lake')"
            [(size,)] = connection.execute(query).fetchall()
    return int(size)


def _in_influxdb(folder: Path, events: Sequence[LoggedEvent]) -> int:
    """Write as the worker does; it compacts later, so this is what its log of writes takes."""
    with influxdb(folder) as server:
        settings = InfluxSettings(
            INFLUXDB_URL=server.url,
            INFLUXDB_TOKEN=server.token,
            INFLUXDB_ORG=server.org,
            INFLUXDB_BUCKET=server.bucket,
        )
        empty = _size(folder / "influxdb")
        writer = InfluxWriter(settings)
        for batch in _batches(events):
            writer.apply(batch, batch[-1].position)
        writer.close()
        return _size(folder / "influxdb") - empty


def _in_log(folder: Path, events: Sequence[LoggedEvent]) -> int:
    """Append as the ingest does."""
    with redis(folder) as log:
        asyncio.run(_append(log.url, events))
        return _size(folder / "redis")


async def _append(url: str, events: Sequence[LoggedEvent]) -> None:
    async with open_redis(url, timeout_seconds=60) as client:
        log = EventLog(client, 1_000_000_000)
        for batch in _batches(events):
            await log.append([Candidate.encode(e.event, e.event.received_at) for e in batch])


def _size(folder: Path) -> int:
    """Return what files take on the disk: some are set aside with room that is not used."""
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


LINE: Final = Line(
    "disk",
    (
        Row("disk in the lake", "lake", "bytes/event", _GZIP, Aim("ratio", "at most", 1)),
        Row("disk in InfluxDB, before it compacts", "influxdb", "bytes/event", _GZIP),
        Row("disk in the log", "log", "bytes/event", _GZIP),
    ),
    _prepare,
    is_warm=False,
)
