"""How far a store is behind the log."""

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from flows.log.entry import running_number
from flows.log.logged_event import position_ns


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a store is behind the log.

    Attributes:
        position: Where the store is.
        events: How many events it does not have yet.
        seconds: How long the oldest of them has waited.
    """

    position: str
    events: int
    seconds: float

    @classmethod
    def behind(
        cls,
        position: str,
        oldest_missing: tuple[str, dict[bytes, bytes]],
        newest: dict[bytes, bytes],
    ) -> "Lag":
        """Return the lag of a store from the two ends of what it does not have yet.

        Every entry carries its running number, so no entries have to be counted.

        Args:
            position: Where the store is.
            oldest_missing: Position and fields of the first entry after that.
            newest: The fields of the log's last entry.
        """
        at, fields = oldest_missing
        between = (running_number(newest) or 0) - (running_number(fields) or 0)
        return cls(position, max(1, between + 1), _waited_seconds(at, fields))


def _waited_seconds(position: str, fields: dict[bytes, bytes]) -> float:
    """Return how long an entry has waited, by the clock of Redis or of the ingest.

    A clock that was set back lets its entries come from the future: then the other one counts,
    and where both do, something is wrong with ours, and that must not look like no lag.
    """
    came = [position_ns(position) / 1e9]
    with suppress(ValueError, LookupError, TypeError):
        received = json.loads(fields[b"event"])["received_at"]
        came.append(datetime.fromisoformat(received).timestamp())
    ages = [time.time() - at for at in came]
    return min([age for age in ages if age >= 0] or [abs(age) for age in ages])
