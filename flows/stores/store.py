"""What every store is to the rest of flows, and how it says what went wrong."""

from collections.abc import Sequence
from typing import Protocol

from flows.logged_event import LoggedEvent


class StoreUnavailableError(Exception):
    """The store does not answer or asks to wait; the same batch can succeed later."""


class PoisonEventError(Exception):
    """The store refuses something in the batch, and would refuse it again."""


class Store(Protocol):
    """One of InfluxDB, PostgreSQL and the lake.

    Attributes:
        name: Names the store's consumer group and queue.
    """

    name: str

    def apply(self, events: Sequence[LoggedEvent], position: str) -> None:
        """Write a batch, in log order, and remember `position` as the store's own.

        A repeat of what the store has already changes nothing.

        Raises:
            StoreUnavailableError: Nothing was written; try again later.
            PoisonEventError: Nothing was written; one of the events can never be.
        """

    def position(self) -> str | None:
        """Return the position that the store itself remembers, or None where it keeps none.

        Raises:
            StoreUnavailableError: The store does not answer.
        """
