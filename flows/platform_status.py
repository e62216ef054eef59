"""How the platform is, as `cellpulse status` and the Admin page tell it."""

from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

#: A store whose oldest missing event has waited longer than this is not well.
LAG_LIMIT_SECONDS: Final = 10.0
#: A backup that is older than a week wants to be looked at.
BACKUP_LIMIT_SECONDS: Final = 7 * 24 * 3_600
#: What is fuller than this wants to be looked at.
NEARLY_FULL: Final = 0.9
_HOUR: Final = 3_600

State = Literal["ok", "down", "off"]
#: How it is: nothing to do, to be looked at, to be mended, or not asked for.
Level = Literal["well", "watch", "bad", "off"]


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


def _shown(count: int | None) -> str:
    return "?" if count is None else str(count)


def _size(size: int) -> str:
    """Say a number of bytes as people do."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if size >= factor:
            return f"{size / factor:,.1f} {unit}"
    return f"{size / 1e3:,.0f} kB"
