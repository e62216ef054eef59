"""From the log to every store: how late at a steady rate, and how fast a backlog is written."""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count, islice
from pathlib import Path
from typing import Final

import psutil
import psycopg
from redis import Redis

from bench.events import COURSE, cell_runs
from bench.line import OURS, Aim, Figures, Line, Row, Scale, Sides
from bench.load.open_model import post, send
from bench.pipeline import way_to_the_stores
from bench.servers import SECRET, influxdb, wait_until
from bench.stored import stored_events
from flows.log.logged_event import LoggedEvent, position_ns
from flows.log.reader import LogReader
from flows.redis_client import connect_redis
from flows.settings import InfluxSettings
from flows.stores.influxdb import InfluxWriter
from flows.stores.lake import LakeWriter
from ingest_api.tokens import Grant, issue_token

_RATE: Final = 2_000
_BATCH: Final = 100
_ALONE: Final = "one event alone"
_ONE_BY_ONE: Final = "one row at a time"
_STORES: Final = ("influxdb", "postgres", "lake")


@contextmanager
def _prepare(folder: Path, scale: Scale) -> Sides:
    with ExitStack() as servers:
        influx = servers.enter_context(influxdb(folder))
        full_log = {
            "INFLUXDB_URL": influx.url,
            "INFLUXDB_TOKEN": influx.token,
            "INFLUXDB_ORG": influx.org,
            "INFLUXDB_BUCKET": influx.bucket,
        }
        way = servers.enter_context(way_to_the_stores(folder, full_log))
        url, environment = way.ingest.url, way.environment
        settings = InfluxSettings.model_validate(full_log)
        postgres_url = environment["CELLPULSE_POSTGRES_URL"]
        client = servers.enter_context(connect_redis(environment["CELLPULSE_REDIS_URL"]))
        reader = LogReader(client)
        seeds, backlog = count(), scale.of(20_000, 500)

        def everything() -> Figures:
            late = asyncio.run(_lateness(client, reader, url, next(seeds), scale.of(6.0, 0.5)))
            with _waiting(way.worker):
                _send_at_once(url, next(seeds), backlog)
            begin = time.perf_counter()
            wait_until(lambda: _is_everywhere(client, reader), "the stores to catch up", 120)
            return {"p99": late, "drained": backlog / (time.perf_counter() - begin)}

        def alone() -> Figures:
            times = []
            for event in islice(cell_runs(next(seeds)), scale.of(10, 2)):
                begin = time.perf_counter()
                asyncio.run(send(url, _requests([event]), 1_000, 1))
                wait_until(lambda: _is_everywhere(client, reader), "an event to be everywhere")
                times.append(time.perf_counter() - begin)
            return {"p99": max(times)}

        def one_by_one() -> Figures:
            events = stored_events(scale.of(30, 3), next(seeds))
            return {"drained": _one_by_one(folder, events, postgres_url, settings)}

        yield {OURS: everything, _ALONE: alone, _ONE_BY_ONE: one_by_one}


def _requests(events: Sequence[object]) -> Iterator[bytes]:
    token = issue_token(SECRET, Grant("ingest", COURSE))
    for start in range(0, len(events), _BATCH):
        body = json.dumps(events[start : start + _BATCH]).encode()
        yield post("/student-progress", token, body)


async def _lateness(client: Redis, reader: LogReader, url: str, seed: int, seconds: float) -> float:
    """Send at a steady rate; return the 99th percentile of how late the slowest store was."""
    events = list(islice(cell_runs(seed), int(_RATE * seconds)))
    sending = asyncio.create_task(send(url, list(_requests(events)), _RATE / _BATCH, 16))
    late = []
    while not sending.done() or not await asyncio.to_thread(_is_everywhere, client, reader):
        at = await asyncio.to_thread(_latest, reader)
        late.append(at)
        await asyncio.sleep(0.02)
    await sending
    return sorted(late)[int(0.99 * len(late))]


def _latest(reader: LogReader) -> float:
    committed = reader.committed()
    return max(reader.lag(committed.get(store, "0-0")).seconds for store in _STORES)


def _is_everywhere(client: Redis, reader: LogReader) -> bool:
    last = client.xinfo_stream("progress-events:log")["last-generated-id"].decode()
    committed = reader.committed()
    return all(position_ns(committed.get(store, "0-0")) >= position_ns(last) for store in _STORES)


@contextmanager
def _waiting(worker: psutil.Process) -> Iterator[None]:
    """Hold the worker, so that what is sent meanwhile is a backlog."""
    worker.suspend()
    try:
        yield
    finally:
        worker.resume()


def _send_at_once(url: str, seed: int, number: int) -> None:
    events = list(islice(cell_runs(seed), number))
    asyncio.run(send(url, list(_requests(events)), 1_000_000, 4))


def _one_by_one(
    folder: Path, events: Sequence[LoggedEvent], postgres_url: str, influx: InfluxSettings
) -> float:
    """Write each event to each store by itself, each durable before the next one."""
    lake = LakeWriter(f"{postgres_url}_naive", str(folder / "naive"))
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = 'cellpulse_naive'"
        ).fetchone():
            connection.execute("CREATE DATABASE cellpulse_naive")
        connection.execute("CREATE TABLE IF NOT EXISTS naive (position text PRIMARY KEY, e jsonb)")
        connection.execute("TRUNCATE naive")
        points = InfluxWriter(influx)
        lake.remake(iter([]), "0-0", may_lose=True)
        begin = time.perf_counter()
        for logged in events:
            connection.execute(
                "INSERT INTO naive VALUES (%s, %s)", [logged.position, logged.event.to_json()]
            )
            points.apply([logged], logged.position)
            lake.apply([logged], logged.position)
        rate = len(events) / (time.perf_counter() - begin)
    points.close()
    lake.close()
    return rate


LINE: Final = Line(
    "stores",
    (
        Row("stores late at 2,000 events/s, p99", "p99", "s", _ALONE, Aim("ours", "at most", 2)),
        Row(
            "stores drain of a backlog",
            "drained",
            "events/s",
            _ONE_BY_ONE,
            Aim("ours", "at least", 10_000),
        ),
    ),
    _prepare,
)
