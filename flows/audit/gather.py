"""Reads the log and every store into a workspace, in the order that makes them comparable."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
from redis import Redis

from flows.audit.event_columns import IS_EVENT
from flows.audit.positions import LAST_NS, StorePosition
from flows.audit.read_influxdb import read_influxdb, read_points_after
from flows.audit.read_lake import read_lake
from flows.audit.read_log import (
    LogEnd,
    read_backwards,
    read_end,
    read_erased,
    read_rejections,
)
from flows.audit.read_postgres import read_postgres
from flows.audit.workspace import Workspace
from flows.liveness import is_alive
from flows.log.logged_event import START, position_ns
from flows.log.reader import LogReader
from flows.settings import STORES, FlowsSettings
from flows.stores.folds import LONGEST_GAP
from flows.stores.influxdb import InfluxReader, InfluxWriter
from flows.stores.lake import LakeWriter
from flows.stores.postgres import PostgresWriter

#: How long stores may take to come to the log's end before they count as behind.
_PATIENCE_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.05
_PAGE: Final = 10_000

#: Shows progress: called with what is read and how many there are, it gives what to call with the
#: number of each page.
Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True)
class Gathered:
    """How far everything was when it was read; positions as numbers.

    Attributes:
        as_of: For the log its end when the audit began, for each store where it was when read.
        log_end: The log's end when the stores had been read.
        positions: What the stores that keep a position say themselves.
    """

    as_of: dict[str, int]
    log_end: LogEnd
    positions: tuple[StorePosition, ...]


def gather(
    settings: FlowsSettings, workspace: Workspace, redis: Redis, progress: Progress
) -> Gathered:
    """Read everything, and make the tables that `prepare.sql` speaks of.

    PostgreSQL and the lake come before the log, so that it has all that they have; InfluxDB comes
    after it, so that it has all that was dropped from the log meanwhile.

    Raises:
        StoreUnavailableError: A store can't be read.
        redis.RedisError: Redis can't be read.
    """
    log = LogReader(redis)
    target = read_end(redis)
    _await_stores(redis, settings.influx.stores, target.position_ns)
    noted = log.committed()
    postgres_at = read_postgres(workspace, settings.postgres_url)
    lake_at = tuple(read_lake(workspace))
    end = read_end(redis)
    _read_log(workspace, redis, end, progress)
    _read_set_aside(workspace, redis)
    erased_more = _read_erased(workspace, redis)

    # A Redis that is new knows of no event: then the stores' own positions are all there is.
    end_ns = end.position_ns or min(LAST_NS, max(map(position_ns, (postgres_at, *lake_at))))
    as_of = {"log": target.position_ns}
    if settings.influx.url:
        with closing(InfluxReader(settings.influx)) as reader:
            end_ns = end.position_ns or max(end_ns, reader.last_ns())
            as_of[InfluxWriter.name] = _read_influxdb(workspace, reader, redis, end_ns, progress)
    as_of["log"] = as_of["log"] or end_ns
    newest_row = workspace.number(
        f"SELECT max(position_ns) FROM lake_event WHERE position_ns <= {end_ns}"  # noqa: S608
    )
    positions = (
        StorePosition(PostgresWriter.name, (postgres_at,), noted.get(PostgresWriter.name)),
        StorePosition(LakeWriter.name, lake_at, noted.get(LakeWriter.name), newest_row),
    )
    as_of |= {position.store: position.at_ns for position in positions}
    _note_bounds(workspace, as_of, end, end_ns, erased_more)
    return Gathered(as_of, end, positions)


def _await_stores(redis: Redis, stores: tuple[str, ...], target_ns: int) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    log = LogReader(redis)
    while is_alive(redis, "worker") and time.monotonic() < end:
        committed = log.committed()
        if all(position_ns(committed.get(store, START)) >= target_ns for store in stores):
            return
        time.sleep(_POLL_SECONDS)


def _read_log(workspace: Workspace, redis: Redis, end: LogEnd, progress: Progress) -> None:
    workspace.connection.execute(workspace.columns.table("log_event"))
    workspace.connection.execute(
        "CREATE TABLE log_entry (position_ns BIGINT, running_number BIGINT)"
    )
    with progress("log", end.length) as read:
        for entries in read_backwards(redis, end):
            with workspace.page(entries):
                workspace.connection.execute(
                    "INSERT INTO log_entry SELECT position_ns, running_number FROM page"
                )
                workspace.add_page("log_event", IS_EVENT)
            read(len(entries))


def _read_erased(workspace: Workspace, redis: Redis) -> int:
    """Read the running numbers of erased events; return how many have none any more."""
    numbers, more = read_erased(redis)
    schema = pa.schema([("running_number", pa.int64())])
    rows: list[dict[str, object]] = [{"running_number": number} for number in numbers]
    workspace.add_rows("erased_number", schema, rows)
    return more


def _read_set_aside(workspace: Workspace, redis: Redis) -> None:
    known = {
        (rejection.store, rejection.position_ns): rejection
        for rejection in read_rejections(redis)
        if rejection.store in (*STORES, "log")
    }
    schema = pa.schema(
        [("store", pa.string()), ("position_ns", pa.int64()), ("reason", pa.string())]
    )
    workspace.add_rows(
        "set_aside",
        schema,
        (
            {"store": entry.store, "position_ns": entry.position_ns, "reason": entry.reason}
            for entry in known.values()
        ),
    )
    workspace.connection.execute(workspace.columns.table("set_aside_event"))
    events = [(e.position_ns, None, e.raw) for e in known.values() if e.store != "log"]
    for start in range(0, len(events), _PAGE):
        with workspace.page(events[start : start + _PAGE]):
            workspace.add_page("set_aside_event", IS_EVENT)


def _read_influxdb(
    workspace: Workspace, reader: InfluxReader, redis: Redis, end_ns: int, progress: Progress
) -> int:
    # Below the log's start InfluxDB must have all: the log is trimmed behind the slowest store.
    start_ns = workspace.number("SELECT min(position_ns) FROM log_entry") or end_ns + 1
    committed = LogReader(redis).committed().get(InfluxWriter.name, START)
    with progress(InfluxWriter.name, reader.count()) as read:
        read_influxdb(workspace, reader, end_ns, read)
    late = read_points_after(reader, end_ns, workspace.course)
    newest_ns = max(end_ns, read_end(redis).position_ns)
    for at in late:
        if at > newest_ns:
            workspace.connection.execute("INSERT INTO late_point VALUES (?)", [at])
    return min(end_ns, max(position_ns(committed), start_ns - 1))


def _note_bounds(
    workspace: Workspace, as_of: dict[str, int], end: LogEnd, end_ns: int, erased_more: int
) -> None:
    start_ns = workspace.number("SELECT min(position_ns) FROM log_entry") or end_ns + 1
    first_number = workspace.number("SELECT arg_min(running_number, position_ns) FROM log_entry")
    first_number = first_number or end.accepted + 1
    erased_below = erased_more + workspace.number(
        f"SELECT count(*) FROM erased_number WHERE running_number < {first_number}"  # noqa: S608
    )
    bound: dict[str, object] = {
        "log_start_ns": start_ns,
        "end_ns": end_ns,
        "target_ns": as_of["log"],
        "accepted": end.accepted,
        "first_number": first_number,
        "erased_below": erased_below,
        "longest_gap": LONGEST_GAP,
        "course": workspace.course,
    }
    types = {"course": pa.string()}
    schema = pa.schema([(name, types.get(name, pa.int64())) for name in bound])
    workspace.add_rows("bound", schema, [bound])
    workspace.add_rows(
        "as_of",
        pa.schema([("store", pa.string()), ("position_ns", pa.int64())]),
        ({"store": store, "position_ns": at} for store, at in as_of.items()),
    )
