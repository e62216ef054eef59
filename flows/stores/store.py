"""What every store is to the rest of flows, and how it says what went wrong."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from flows.log.logged_event import LoggedEvent, position_ns
from ingest_api.foreseen import ForeseenError

#: As many as a store of our own takes at once. A store that is behind gets them all; the larger a
#: batch, the less of it are the commit and the statements.
BATCH_EVENTS: Final = 10_000


class StoreUnavailableError(ForeseenError):
    """The store does not answer or asks to wait; the same batch can succeed later."""


class PoisonEventError(Exception):
    """The store refuses something in the batch, and would refuse it again."""


class NotYetPassedError(Exception):
    """The store has not come to the event's place in the log, and gets it by itself."""


#: Gives the events of the same student that follow a late one in the log, in order; None where
#: the log no longer reaches back that far.
Later = Callable[[LoggedEvent], Sequence[LoggedEvent] | None]


def require_no_hole(applied: str, after: str | None) -> None:
    """Refuse a batch that does not follow on from what the store has.

    Raises:
        StoreUnavailableError: Something is missing between the two.
    """
    if after is not None and position_ns(applied) < position_ns(after):
        raise StoreUnavailableError(
            f"it was set back to {applied} while a batch after {after} was on its way: begin again"
        )


class Store(Protocol):
    """One of InfluxDB, PostgreSQL, the lake and a learning record store.

    Attributes:
        name: Names the store's consumer group and queue.
        batch_events: How many events it is given at once, at the most.
    """

    name: str
    batch_events: int

    def apply(
        self,
        events: Sequence[LoggedEvent],
        position: str,
        skipped: Sequence[str] = (),
        *,
        after: str | None = None,
    ) -> None:
        """Write a batch, in log order, and remember `position` as the store's own.

        A repeat of what the store has already changes nothing.

        Args:
            events: The batch.
            position: Of the log's last entry that the batch covers.
            skipped: Positions of entries that the store passes without them, because they were
                set aside: a store that could not tell later whether it has one of them remembers
                that, in the same step.
            after: Of the last entry before the batch. A store that was set back meanwhile, and
                so lacks something before the batch, refuses it.

        Raises:
            StoreUnavailableError: Nothing was written; try again later, from the store's position.
            PoisonEventError: Nothing was written; one of the events can never be.
        """

    def apply_late(self, logged: LoggedEvent, later: Later) -> None:
        """Write an event that the store passed without, so that it counts as if in its place.

        An event that the store has already changes nothing.

        Raises:
            NotYetPassedError: The store will come to it by itself; nothing was written.
            StoreUnavailableError: Nothing was written; try again later.
            PoisonEventError: Nothing was written; the store still refuses it.
        """

    def close(self) -> None:
        """Let go of the connections."""

    def position(self) -> str | None:
        """Return the position that the store itself remembers, or None where it keeps none.

        Raises:
            StoreUnavailableError: The store does not answer.
        """
