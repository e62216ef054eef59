"""Whether each store's own position can be true, in the light of the log and of its rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from flows.log.logged_event import START, position_from_ns, position_ns

#: A position of a later time can't be compared: the stores hold numbers of 64 bits.
LAST_NS: Final = 2**63 - 1


@dataclass(frozen=True)
class StorePosition:
    """What is known of how far a store is.

    Attributes:
        store: Its name.
        own: The positions that stand in the store itself: one, where all is well.
        noted: The position that Redis had noted before the store was read; None without one.
        newest_row_ns: Position of the newest event that stands in it; 0 where none does.
    """

    store: str
    own: tuple[str, ...]
    noted: str | None = None
    newest_row_ns: int = 0

    @property
    def at_ns(self) -> int:
        """The position as of which the store's rows can be compared."""
        own = (position_ns(position) for position in self.own)
        return min(LAST_NS, max([self.newest_row_ns, *own]))


def position_faults(position: StorePosition, log_end_ns: int) -> Iterator[str]:
    """Say what is wrong with a store's own position.

    Args:
        position: What is known of it.
        log_end_ns: Position of the last entry that the log ever had; 0 where Redis knows of none.
    """
    if len(position.own) != 1:
        yield f"expected one log position; found {len(position.own)}"
    own = position_ns(max(position.own, key=position_ns, default=START))
    if position.noted is not None and position_ns(position.noted) > own:
        yield (
            f"its own log position is {position_from_ns(own)}, but it told Redis that it had "
            f"committed {position.noted}; so the log may have dropped what it lacks"
        )
    if position.newest_row_ns > own:
        yield (
            f"its own log position is {position_from_ns(own)}, but it holds events up to "
            f"{position_from_ns(position.newest_row_ns)}; so it would write them once more"
        )
    if 0 < log_end_ns < own:
        yield (
            f"its own log position is {position_from_ns(own)}, but the log ends at "
            f"{position_from_ns(log_end_ns)}; so it would leave out the next events"
        )
