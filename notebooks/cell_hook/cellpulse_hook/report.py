"""What became of the events, for the student who asks."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, NamedTuple

from cellpulse_hook.records import Record

_KEPT_EVENTS = 50
_KEPT_REFUSALS = 10


class Refusal(NamedTuple):
    """An event that the server did not take, or that could not be sent, and why."""

    session_id: str
    seq: int
    reason: str


class Report:
    """Counts and the latest of each kind. All methods may be called from any thread."""

    def __init__(self) -> None:
        """Have seen nothing."""
        self._lock = threading.Lock()
        self._sent = 0
        self._refused = 0
        self._problem = ""
        self._latest: deque[dict[str, Any]] = deque(maxlen=_KEPT_EVENTS)
        self._refusals: deque[Refusal] = deque(maxlen=_KEPT_REFUSALS)

    def note_sent(self, events: list[dict[str, Any]], refused: dict[int, str]) -> None:
        """Note a request that was answered; `refused` gives reasons by index in `events`."""
        with self._lock:
            self._problem = ""
            self._latest.extend(events)
            self._sent += len(events)
            self._sent -= len(refused)
            for index, reason in refused.items():
                self._refuse(events[index], reason)

    def note_unsendable(self, record: Record, reason: str) -> None:
        """Note a record of which no event can be made."""
        with self._lock:
            self._refuse(_content_of(record), reason)

    def note_problem(self, problem: str) -> None:
        """Note why nothing can be sent just now."""
        with self._lock:
            self._problem = problem

    def _refuse(self, event: dict[str, Any], reason: str) -> None:
        self._refused += 1
        session_id, seq = str(event.get("session_id")), event.get("seq")
        self._refusals.append(Refusal(session_id, seq if isinstance(seq, int) else 0, reason))

    def numbers(self) -> tuple[int, int, str]:
        """Return how many events were sent and refused, and the present problem or ''."""
        with self._lock:
            return self._sent, self._refused, self._problem

    def latest(self) -> list[dict[str, Any]]:
        """Return the latest events as they were sent, refused ones included."""
        with self._lock:
            return list(self._latest)

    def refusals(self) -> list[Refusal]:
        """Return the latest events that were refused."""
        with self._lock:
            return list(self._refusals)


def _content_of(record: Record) -> dict[str, Any]:
    try:
        return record.content()
    except ValueError:
        return {"seq": record.seq}
