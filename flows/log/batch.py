"""Events that follow each other in the log: what a store takes at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from flows.log.logged_event import LoggedEvent, position_ns


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that follow each other in the log.

    Attributes:
        events: Those that could be read.
        position: Position of the last entry, readable or not.
        unreadable: Positions of those that could not be read, and were set aside.
        first_offset: Running number of the first entry; None for what is not ours.
        last_offset: That of the last entry.
    """

    events: Sequence[LoggedEvent]
    position: str
    unreadable: Sequence[str] = ()
    first_offset: int | None = None
    last_offset: int | None = None

    def halves(self) -> tuple["Batch", "Batch"]:
        """Return the first half of the events, and the rest."""
        middle = len(self.events) // 2
        border = self.events[middle - 1].position
        before = [at for at in self.unreadable if position_ns(at) < position_ns(border)]
        return (
            Batch(self.events[:middle], border, before),
            Batch(self.events[middle:], self.position, self.unreadable[len(before) :]),
        )
