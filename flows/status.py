"""`cellpulse status`: is every part there, and how far is each store?"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, TypeVar

from redis import Redis, RedisError

from flows.embedded.influxdb_server import influxdb_answers
from flows.embedded.platform import http_answers
from flows.embedded.postgres_server import postgres_answers
from flows.liveness import is_alive
from flows.log_reader import LogReader
from flows.logged_event import START, position_ns
from flows.settings import PlatformSettings
from flows.stores.postgres import PostgresWriter, engine_for
from flows.stores.store import StoreUnavailableError

#: A store whose oldest missing event has waited longer than this is not well.
LAG_LIMIT_SECONDS: Final = 10.0

_Answer = TypeVar("_Answer")
State = Literal["ok", "down", "off"]


@dataclass(frozen=True)
class PartStatus:
    """One part: `off` is a part that was not asked for."""

    name: str
    state: State


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


@dataclass
class PlatformStatus:
    """The whole platform.

    Attributes:
        log_length: Events that the log holds now; None while Redis is away.
        events: Counts of accepted, duplicate, rejected and lost events; None where not known.
    """

    parts: list[PartStatus] = field(default_factory=list)
    log_length: int | None = None
    stores: list[StoreStatus] = field(default_factory=list)
    events: dict[str, int | None] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether every part that was asked for is there and no store lags or lacks."""
        return all(part.state != "down" for part in self.parts) and all(
            store.lag_seconds <= LAG_LIMIT_SECONDS and not store.missed for store in self.stores
        )

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {"ok": self.ok, **asdict(self)}

    def as_text(self) -> str:
        """Return it as a person reads it."""
        lines = [f"{part.name:<12} {part.state}" for part in self.parts]
        lines.append(f"{'log':<12} {_shown(self.log_length)} events")
        lines += [
            f"{store.name:<12} lag {store.lag_events} events, {store.lag_seconds:.1f} s"
            + (f"; missed {store.missed} events or more" if store.missed else "")
            for store in self.stores
        ]
        lines.append(
            "events       "
            + ", ".join(f"{_shown(count)} {name}" for name, count in self.events.items())
        )
        lines.append(
            "all is well" if self.ok else "not all is well: see 'down', 'lag' and 'missed' above"
        )
        return "\n".join(lines)


def read_status(settings: PlatformSettings) -> PlatformStatus:
    """Ask every part; what does not answer is `down`, and nothing is raised."""
    status = PlatformStatus()
    redis_url = settings.redis_url or ""
    postgres_url = settings.postgres_url or ""
    influx_url = settings.influx.url
    redis_is_there = bool(redis_url)
    with Redis.from_url(redis_url or "redis://127.0.0.1:1", protocol=2, socket_timeout=2) as redis:
        log = LogReader(redis)
        try:
            alive = {process: is_alive(redis, process) for process in ("relay", "worker")}
            own = {PostgresWriter.name: _postgres_position(postgres_url)} if postgres_url else {}
            _read_log(status, log, settings, own)
        except RedisError:
            redis_is_there, alive = False, {"relay": False, "worker": False}
            status.events = dict.fromkeys(("accepted", "duplicates", "rejected"))
    answers = {
        "redis": redis_is_there,
        "postgres": bool(postgres_url) and postgres_answers(postgres_url),
        "ingest": http_answers(settings.address(settings.ingest_port) + "/readyz"),
        **alive,
        "api": http_answers(settings.address(settings.api_port) + "/readyz"),
        "dashboard": http_answers(settings.address(settings.dashboard_port) + "/_stcore/health"),
        "jupyterlab": http_answers(settings.address(settings.jupyter_port) + "/login"),
    }
    status.parts = [PartStatus(name, "ok" if there else "down") for name, there in answers.items()]
    influx_state: State = "off"
    if influx_url:
        influx_state = "ok" if influxdb_answers(influx_url) else "down"
    status.parts.append(PartStatus("influxdb", influx_state))
    status.events["lost"] = _lost_events(postgres_url) if postgres_url else None
    return status


def _read_log(
    status: PlatformStatus,
    log: LogReader,
    settings: PlatformSettings,
    own_positions: Mapping[str, str | None],
) -> None:
    committed, missed = log.committed(), log.missed()
    for name in settings.stores:
        # A store that was set back is where it says itself; its worker corrects the log's mark.
        known = (committed.get(name, START), own_positions.get(name))
        lag = log.lag(min((at for at in known if at is not None), key=position_ns))
        status.stores.append(
            StoreStatus(name, lag.position, lag.events, round(lag.seconds, 3), missed.get(name, 0))
        )
    status.log_length = log.length()
    status.events = dict(log.counts())


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
