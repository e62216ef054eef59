"""A store in memory, for what is the same for every store."""

from collections.abc import Sequence

from flows.log.logged_event import LoggedEvent, position_ns
from flows.stores.store import (
    Later,
    PoisonEventError,
    StoreUnavailableError,
    require_no_hole,
)


class MemoryStore:
    """A store in memory that refuses events of one student, and can be away."""

    name = "postgres"
    batch_events = 200

    def __init__(self, *, remembers: bool) -> None:
        self.events: list[LoggedEvent] = []
        self.skipped: list[str] = []
        self.at = "0-0"
        self.away = False
        self._remembers = remembers

    def apply(
        self,
        events: Sequence[LoggedEvent],
        position: str,
        skipped: Sequence[str] = (),
        *,
        after: str | None = None,
    ) -> None:
        if self.away:
            raise StoreUnavailableError("away")
        if self._remembers:
            require_no_hole(self.at, after)
        if any(event.event.student_id == "poison" for event in events):
            raise PoisonEventError("it does not fit")
        self.events += [e for e in events if e.position_ns > position_ns(self.at)]
        self.skipped += skipped
        self.at = position

    def apply_late(self, logged: LoggedEvent, later: Later) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def position(self) -> str | None:
        return self.at if self._remembers else None
