"""An event together with its place in the log: what every store is given."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from ingest_api.compiled_stored import decode_stored
from ingest_api.events import StoredEvent

POSITION: Final = re.compile(r"\d{1,16}-\d{1,6}")
#: The position before the first event.
START: Final = "0-0"


def position_ns(position: str) -> int:
    """Return a log position as one number: milliseconds * 1,000,000 + sequence.

    It orders events as the log does, and it is the time of the event's point in InfluxDB, so
    that a repeat overwrites itself and no two events share a point.
    """
    milliseconds, _, sequence = position.partition("-")
    return int(milliseconds) * 1_000_000 + int(sequence)


def position_from_ns(number: int) -> str:
    """Return the log position that `position_ns` turned into a number."""
    milliseconds, sequence = divmod(number, 1_000_000)
    return f"{milliseconds}-{sequence}"


@dataclass(frozen=True)
class LoggedEvent:
    """One event of the log."""

    position: str
    event: StoredEvent

    @classmethod
    def decode(cls, position: str, stored: bytes | str) -> Self:
        """Read an event as the log holds it.

        Raises:
            pydantic.ValidationError: The log holds something that is not an event.
        """
        raw = stored if isinstance(stored, bytes) else stored.encode("utf-8", "surrogatepass")
        return cls(position, decode_stored(raw) or StoredEvent.model_validate_json(stored))

    @property
    def position_ns(self) -> int:
        """The position as one number, see `position_ns`."""
        return position_ns(self.position)

    @property
    def seen_at(self) -> datetime:
        """When it happened as far as we can trust it: a client's clock may run ahead of ours."""
        return min(self.event.occurred_at, self.event.received_at)
