"""Asks whether every part is there, and how far each store is."""

import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeVar

from redis import Redis, RedisError

from flows.backup.last import last_backup
from flows.embedded.answers import http_answers
from flows.embedded.influxdb_server import influxdb_answers
from flows.embedded.postgres_server import postgres_answers
from flows.liveness import is_alive
from flows.log.figures import event_counts, log_length
from flows.log.logged_event import START, position_ns
from flows.log.reader import LogReader
from flows.platform_status import (
    BackupStatus,
    PartStatus,
    PlatformStatus,
    Room,
    State,
    StoreStatus,
)
from flows.settings import PlatformSettings
from flows.stores.postgres import PostgresWriter, engine_for
from flows.stores.store import StoreUnavailableError

#: The parts in the order in which they are told.
_ORDER: Final = (
    *("redis", "postgres", "ingest", "relay", "worker", "api", "dashboard", "jupyterlab"),
    "influxdb",
)

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Sources:
    """Where to ask.

    Attributes:
        redis_url: Of the log; None where none is known.
        postgres_url: Of the master data; None where none is known.
        stores: The stores in use; None for those that the log knows.
        parts: How to find out whether a further part answers, by its name; what is not here is
            not told of.
        off: Parts that were not asked for.
        lake_path: Where the lake's files are; None where that is no folder of this machine.
    """

    redis_url: str | None
    postgres_url: str | None
    stores: tuple[str, ...] | None
    parts: Mapping[str, Callable[[], bool]]
    off: tuple[str, ...] = ()
    lake_path: str | None = None


def read_status(settings: PlatformSettings) -> PlatformStatus:
    """Ask every part; what does not answer is `down`, and nothing is raised."""
    influx_url = settings.influx.url
    parts = {
        "ingest": partial(http_answers, settings.address(settings.ingest_port) + "/readyz"),
        "api": partial(http_answers, settings.address(settings.api_port) + "/readyz"),
        "dashboard": partial(
            http_answers, settings.address(settings.dashboard_port) + "/_stcore/health"
        ),
        "jupyterlab": partial(http_answers, settings.address(settings.jupyter_port) + "/login"),
    }
    if influx_url:
        parts["influxdb"] = partial(influxdb_answers, influx_url)
    return ask_status(
        Sources(
            settings.redis_url,
            settings.postgres_url,
            settings.stores,
            parts,
            off=() if influx_url else ("influxdb",),
            lake_path=settings.lake_path,
        )
    )


def ask_status(sources: Sources) -> PlatformStatus:
    """Ask these sources; what does not answer is `down`, and nothing is raised."""
    status = PlatformStatus()
    with ThreadPoolExecutor(len(sources.parts) + 1) as asking:  # what hangs holds up no other
        parts = {name: asking.submit(answers_now) for name, answers_now in sources.parts.items()}
        known = sources.postgres_url or ""
        postgres = asking.submit(lambda: bool(known) and postgres_answers(known))
        postgres_url = known if postgres.result() else ""  # it is asked nothing more if it is away
        own = {PostgresWriter.name: _postgres_position(postgres_url)} if postgres_url else {}
        redis_is_there = bool(sources.redis_url)
        address = sources.redis_url or "redis://127.0.0.1:1"
        with Redis.from_url(address, protocol=2, socket_timeout=2) as redis:
            try:
                alive = {process: is_alive(redis, process) for process in ("relay", "worker")}
                _read_log(status, redis, sources.stores, own)
                status.rooms.append(_memory(redis))
                status.backup = _backup(redis)
            except RedisError:
                redis_is_there, alive = False, {"relay": False, "worker": False}
                status.events = dict.fromkeys(("accepted", "duplicates", "rejected"))
    answers = {
        "redis": redis_is_there,
        "postgres": bool(postgres_url),
        **alive,
        **{name: part.result() for name, part in parts.items()},
    }
    told: dict[str, State] = {name: "ok" if there else "down" for name, there in answers.items()}
    told |= dict.fromkeys(sources.off, "off")
    status.parts = [PartStatus(name, told[name]) for name in _ORDER if name in told]
    status.events["lost"] = _lost_events(postgres_url) if postgres_url else None
    status.rooms += _rooms(postgres_url, sources.lake_path)
    return status


def _read_log(
    status: PlatformStatus,
    redis: Redis,
    stores: tuple[str, ...] | None,
    own_positions: Mapping[str, str | None],
) -> None:
    log = LogReader(redis)
    committed, missed = log.committed(), log.missed.by_store()
    for name in sorted(committed) if stores is None else stores:
        # A store that was set back is where it says itself; its worker corrects the log's mark.
        known = (committed.get(name, START), own_positions.get(name))
        lag = log.lag(min((at for at in known if at is not None), key=position_ns))
        status.stores.append(
            StoreStatus(name, lag.position, lag.events, round(lag.seconds, 3), missed.get(name, 0))
        )
    status.log_length = log_length(redis)
    status.events = dict(event_counts(redis))


def _backup(redis: Redis) -> BackupStatus:
    made_at = last_backup(redis)
    age = None if made_at is None else datetime.now(UTC) - made_at
    return BackupStatus(None if age is None else age.total_seconds())


def _memory(redis: Redis) -> Room:
    found: Any = redis.info("memory")
    return Room("memory", int(found["used_memory"]), int(found.get("maxmemory", 0)) or None)


def _rooms(postgres_url: str, lake_path: str | None) -> list[Room]:
    rooms = []
    size = _ask_postgres(postgres_url, PostgresWriter.database_bytes) if postgres_url else None
    if size is not None:
        rooms.append(Room("database", size, None))
    if lake_path is not None:
        try:
            disk = shutil.disk_usage(lake_path)
        except OSError:  # not there yet, or no folder at all
            return rooms
        rooms.append(Room("disk", disk.used, disk.total))
    return rooms


def _postgres_position(postgres_url: str) -> str | None:
    return _ask_postgres(postgres_url, PostgresWriter.position)


def _lost_events(postgres_url: str) -> int | None:
    return _ask_postgres(postgres_url, PostgresWriter.lost_events)


def _ask_postgres(
    postgres_url: str, question: Callable[[PostgresWriter], _Answer]
) -> _Answer | None:
    engine = engine_for(postgres_url)
    try:
        return question(PostgresWriter(engine))
    except StoreUnavailableError:
        return None
    finally:
        engine.dispose()
