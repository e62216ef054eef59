"""Is every part there, and how far is each store? For `cellpulse status` and the Admin page."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Literal, TypeVar

from redis import Redis, RedisError

from flows.backup.last import last_backup
from flows.embedded.answers import http_answers
from flows.embedded.influxdb_server import influxdb_answers
from flows.embedded.postgres_server import postgres_answers
from flows.liveness import is_alive
from flows.log.figures import event_counts, log_length
from flows.log.logged_event import START, position_ns
from flows.log.reader import LogReader
from flows.settings import PlatformSettings
from flows.stores.postgres import PostgresWriter, engine_for
from flows.stores.store import StoreUnavailableError

#: A store whose oldest missing event has waited longer than this is not well.
LAG_LIMIT_SECONDS: Final = 10.0
#: A backup that is older than a week wants to be looked at.
BACKUP_LIMIT_SECONDS: Final = 7 * 24 * 3_600
#: What is fuller than this wants to be looked at.
NEARLY_FULL: Final = 0.9
_HOUR: Final = 3_600
#: The parts in the order in which they are told.
_ORDER: Final = (
    *("redis", "postgres", "ingest", "relay", "worker", "api", "dashboard", "jupyterlab"),
    "influxdb",
)

_Answer = TypeVar("_Answer")
State = Literal["ok", "down", "off"]
#: How it is: nothing to do, to be looked at, to be mended, or not asked for.
Level = Literal["well", "watch", "bad", "off"]


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


@dataclass(frozen=True)
class PartStatus:
    """One part: `off` is a part that was not asked for."""

    name: str
    state: State

    @property
    def level(self) -> Level:
        """How it is."""
        levels: dict[State, Level] = {"ok": "well", "down": "bad", "off": "off"}
        return levels[self.state]


@dataclass(frozen=True)
class StoreStatus:
    """How far a store is behind the log, in events and seconds.

    Attributes:
        missed: Events, at least, that were trimmed from the log before the store came to them.
    """

    name: str
    position: str
    lag_events: int
    lag_seconds: float
    missed: int = 0

    @property
    def level(self) -> Level:
        """How it is."""
        if self.missed:
            return "bad"
        return "well" if self.lag_seconds <= LAG_LIMIT_SECONDS else "watch"

    @property
    def words(self) -> str:
        """What a person is told of it."""
        missed = f"; missed {self.missed} events or more" if self.missed else ""
        return f"lag {self.lag_events} events, {self.lag_seconds:.1f} s{missed}"


@dataclass(frozen=True)
class Room:
    """What is in use of something that can be full, in bytes.

    Attributes:
        limit_bytes: How much there is; None where nobody has set a limit.
    """

    name: str
    used_bytes: int
    limit_bytes: int | None

    @property
    def level(self) -> Level:
        """How it is."""
        full = self.limit_bytes is not None and self.used_bytes > NEARLY_FULL * self.limit_bytes
        return "watch" if full else "well"

    @property
    def words(self) -> str:
        """What a person is told of it."""
        if self.limit_bytes is None:
            return f"{_size(self.used_bytes)} in use"
        return f"{_size(self.used_bytes)} of {_size(self.limit_bytes)} in use"


@dataclass(frozen=True)
class BackupStatus:
    """How old the last backup is, in seconds; None where none is known of."""

    age_seconds: float | None

    @property
    def level(self) -> Level:
        """How it is."""
        fresh = self.age_seconds is not None and self.age_seconds <= BACKUP_LIMIT_SECONDS
        return "well" if fresh else "watch"

    @property
    def words(self) -> str:
        """What a person is told of it."""
        if self.age_seconds is None:
            return "none was made yet: 'cellpulse backup' makes one"
        return f"the last one was made {self.age_seconds / _HOUR:,.1f} hours ago"


@dataclass
class PlatformStatus:
    """The whole platform.

    Attributes:
        log_length: Events that the log holds now; None while Redis is away.
        events: Counts of accepted, duplicate, rejected and lost events; None where not known.
        rooms: What can be full: Redis' memory, PostgreSQL's database, the lake's disk.
        backup: How old the last backup is; None while Redis is away.
    """

    parts: list[PartStatus] = field(default_factory=list)
    log_length: int | None = None
    stores: list[StoreStatus] = field(default_factory=list)
    events: dict[str, int | None] = field(default_factory=dict)
    rooms: list[Room] = field(default_factory=list)
    backup: BackupStatus | None = None

    @property
    def ok(self) -> bool:
        """Whether every part that was asked for is there and no store lags or lacks."""
        return all(part.state != "down" for part in self.parts) and all(
            store.lag_seconds <= LAG_LIMIT_SECONDS and not store.missed for store in self.stores
        )

    @property
    def words(self) -> str:
        """What a person is told of all together."""
        return "all is well" if self.ok else "not all is well: see 'down', 'lag' and 'missed'"

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {"ok": self.ok, **asdict(self)}

    def as_text(self) -> str:
        """Return it as a person reads it."""
        lines = [f"{part.name:<12} {part.state}" for part in self.parts]
        lines.append(f"{'log':<12} {_shown(self.log_length)} events")
        lines += [f"{store.name:<12} {store.words}" for store in self.stores]
        lines += [f"{room.name:<12} {room.words}" for room in self.rooms]
        lines += [f"{'backup':<12} {self.backup.words}"] if self.backup else []
        lines.append(
            "events       "
            + ", ".join(f"{_shown(count)} {name}" for name, count in self.events.items())
        )
        lines.append(self.words)
        return "\n".join(lines)


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
    postgres_url = sources.postgres_url or ""
    redis_is_there = bool(sources.redis_url)
    address = sources.redis_url or "redis://127.0.0.1:1"
    with Redis.from_url(address, protocol=2, socket_timeout=2) as redis:
        try:
            alive = {process: is_alive(redis, process) for process in ("relay", "worker")}
            own = {PostgresWriter.name: _postgres_position(postgres_url)} if postgres_url else {}
            _read_log(status, redis, sources.stores, own)
            status.rooms.append(_memory(redis))
            status.backup = _backup(redis)
        except RedisError:
            redis_is_there, alive = False, {"relay": False, "worker": False}
            status.events = dict.fromkeys(("accepted", "duplicates", "rejected"))
    answers = {
        "redis": redis_is_there,
        "postgres": bool(postgres_url) and postgres_answers(postgres_url),
        **alive,
        **{name: answers_now() for name, answers_now in sources.parts.items()},
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


def _shown(count: int | None) -> str:
    return "?" if count is None else str(count)


def _size(size: int) -> str:
    """Say a number of bytes as people do."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if size >= factor:
            return f"{size / factor:,.1f} {unit}"
    return f"{size / 1e3:,.0f} kB"
