"""Messages that go to dashboards together, and the WebSocket frames that they are, made once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from ingest_api.event_log import position_order

#: First byte of a frame: the last of its message, which is a text (RFC 6455, 5.2).
_TEXT: Final = b"\x81"
_SHORT: Final = 126
_TWO_BYTES: Final = 1 << 16


@dataclass(frozen=True)
class Portion:
    """Messages in their order.

    Attributes:
        messages: Each with its event's log position; a signal has none.
    """

    messages: Sequence[tuple[str | None, str]]

    @cached_property
    def frames(self) -> bytes:
        """All messages as text frames, for every dashboard the same."""
        return b"".join(_frame(message.encode()) for _, message in self.messages)

    @cached_property
    def _first(self) -> tuple[int, int] | None:
        """The position of the first event, or None where there is none."""
        return next((position_order(at) for at, _ in self.messages if at is not None), None)

    def after(self, position: tuple[int, int]) -> "Portion":
        """Return the signals, and the events that follow a position."""
        if self._first is None or self._first > position:
            return self
        return Portion(
            [
                (at, message)
                for at, message in self.messages
                if at is None or position_order(at) > position
            ]
        )


def _frame(payload: bytes) -> bytes:
    length = len(payload)
    if length < _SHORT:
        return _TEXT + bytes((length,)) + payload
    if length < _TWO_BYTES:
        return _TEXT + b"\x7e" + length.to_bytes(2, "big") + payload
    return _TEXT + b"\x7f" + length.to_bytes(8, "big") + payload
