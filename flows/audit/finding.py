"""What an audit finds: the types that its checks return and `--json` prints."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "lost",
    "duplicated",
    "foreign",
    "out_of_order",
    "changed",
    "wrong_sum",
    "wrong_state",
    "not_yet_there",
]


@dataclass(frozen=True)
class Place:
    """Where something was found; None where it does not apply.

    Attributes:
        first_position: Log position of the first event that it is about.
        last_position: And of the last one.
        first_seq: Sequence number of the first event within the session.
        last_seq: And of the last one.
    """

    course_id: str | None = None
    student_id: str | None = None
    session_id: str | None = None
    first_position: str | None = None
    last_position: str | None = None
    first_seq: int | None = None
    last_seq: int | None = None

    def __str__(self) -> str:
        """Return it as a person reads it."""
        named = (
            ("course", self.course_id),
            ("student", self.student_id),
            ("session", self.session_id),
            ("seq", _range(self.first_seq, self.last_seq)),
            ("position", _range(self.first_position, self.last_position)),
        )
        return ", ".join(f"{name} {value}" for name, value in named if value is not None)


@dataclass(frozen=True)
class Finding:
    """One thing in which a store is not what the accepted events make it.

    Attributes:
        kind: What is wrong.
        store: Where: `log`, `influxdb`, `postgres` or `lake`.
        place: About whom and which events.
        events: How many events it is about; 0 where it is about none in particular.
        message: What was expected, and what was found.
        todo: What to do about it.
    """

    kind: Kind
    store: str
    place: Place
    events: int
    message: str
    todo: str


@dataclass(frozen=True)
class KnownLoss:
    """A gap in a session's sequence numbers that PostgreSQL counts.

    Attributes:
        place: The session, and the missing numbers.
        events: How many they are.
        seen_after: When the first event after the gap happened (UTC, ISO 8601).
    """

    place: Place
    events: int
    seen_after: str


@dataclass(frozen=True)
class SetAside:
    """An event that a store refused, with the store's reason; it stands in the rejected stream."""

    store: str
    place: Place
    reason: str


def _range(first: object, last: object) -> str | None:
    if first is None:
        return None
    return str(first) if last is None or last == first else f"{first} to {last}"
