"""One entry of the log's stream, as Redis gives it: the event, its running number, its fields."""

from typing import Any


def as_it_came(answer: Any, **_: object) -> Any:
    """Return an answer of Redis unchanged: a dict of each entry costs more than reading it."""
    return answer


def by_name(fields: list[bytes]) -> dict[bytes, bytes]:
    """Return an entry's fields by their names, from names and values in turn."""
    return dict(zip(fields[::2], fields[1::2], strict=True))


def event_in(fields: list[bytes]) -> bytes:
    """Return an entry's event as JSON, from names and values in turn; empty where it has none."""
    # An entry of ours begins with it.
    return fields[1] if fields[0] == b"event" else by_name(fields).get(b"event", b"")


def running_number(fields: dict[bytes, bytes]) -> int | None:
    """Return an entry's running number; what somebody else put into the stream has none."""
    number = fields.get(b"offset", b"")
    return int(number) if number.isdigit() else None


def text(value: bytes | str) -> str:
    """Return a name or an id of Redis as text."""
    return value.decode() if isinstance(value, bytes) else value
