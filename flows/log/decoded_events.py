"""Events that were decoded lately: several stores take the same ones from the log."""

from threading import Lock
from typing import Final

from flows.log.logged_event import LoggedEvent

#: As bytes of the log; in memory an event takes some four times as much.
KEPT_BYTES: Final = 16_000_000


class DecodedEvents:
    """Decodes an entry of the log once for all who read it soon after one another.

    Safe to use from many threads. The entry that was decoded longest ago is forgotten first.
    """

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._kept_bytes = kept_bytes
        self._known: dict[str, tuple[bytes, LoggedEvent]] = {}
        self._bytes = 0
        self._changing = Lock()

    def decode(self, position: str, stored: bytes) -> LoggedEvent:
        """Return the event at a position of the log.

        Raises:
            pydantic.ValidationError: The log holds something that is not an event.
        """
        known = self._known.get(position)
        # Compared, for a log that was restored gives its positions anew.
        if known is not None and known[0] == stored:
            return known[1]
        event = LoggedEvent.decode(position, stored)
        with self._changing:
            before = self._known.pop(position, None)
            self._known[position] = (stored, event)
            self._bytes += len(stored) - (0 if before is None else len(before[0]))
            while self._bytes > self._kept_bytes:
                oldest = next(iter(self._known))
                self._bytes -= len(self._known.pop(oldest)[0])
        return event
