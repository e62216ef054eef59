"""Reads the log, what was set aside, and how far each store says it is, from Redis."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from redis import Redis
from redis.exceptions import ResponseError

from flows.audit.workspace import Row
from flows.log.logged_event import POSITION, LoggedEvent, position_from_ns, position_ns
from ingest_api.event_log import COUNTS, ERASED, LOG, REJECTED, REJECTED_PLACES

_PAGE: Final = 5_000


@dataclass(frozen=True)
class LogEnd:
    """The log's end at one moment.

    Attributes:
        position_ns: Position of the last entry that was ever appended; 0 when there was none.
        accepted: The running number of the last event.
        length: How many entries there are.
    """

    position_ns: int
    accepted: int
    length: int


@dataclass(frozen=True)
class Rejection:
    """An event that a store, or every store (`log`), could not take."""

    store: str
    position_ns: int
    reason: str
    raw: str


def read_end(redis: Redis) -> LogEnd:
    """Return where the log ends, in one atomic step.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    with redis.pipeline(transaction=True) as step:
        step.xinfo_stream(LOG)
        step.hget(COUNTS, "accepted")
        info, accepted = step.execute(raise_on_error=False)
    if isinstance(accepted, Exception):
        raise accepted
    number = int(accepted or 0)
    if isinstance(info, ResponseError) and "no such key" in str(info):
        return LogEnd(0, number, 0)
    if isinstance(info, Exception):
        raise info
    return LogEnd(position_ns(_text(info["last-generated-id"])), number, int(info["length"]))


def read_erased(redis: Redis) -> tuple[list[int], int]:
    """Return the running numbers of erased events, and how many more below the log's start.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    with redis.pipeline(transaction=True) as step:
        step.zrange(ERASED, 0, -1)
        step.hget(COUNTS, "erased")
        numbers, more = step.execute()
    return [int(number) for number in numbers], int(more or 0)


def read_backwards(redis: Redis, end: LogEnd) -> Iterator[list[Row]]:
    """Yield the log's entries in pages, the newest first.

    So, whatever is trimmed meanwhile, what was read is without a hole. An entry that somebody
    else put there has no running number; it is read the way the stores read it, and has an empty
    text when it is no event.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    newest = position_from_ns(end.position_ns)
    while page := _entries(redis, LOG, newest):
        yield [_row(_text(entry_id), fields) for entry_id, fields in page]
        newest = f"({_text(page[-1][0])}"


def read_rejections(redis: Redis) -> list[Rejection]:
    """Return what was set aside with its log position, oldest first.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    found: list[Rejection] = []
    newest = "+"
    while page := _entries(redis, REJECTED, newest):
        for _, fields in page:
            at = _text(fields.get(b"position", b""))
            if POSITION.fullmatch(at):
                store, reason, raw = (
                    fields.get(name, b"").decode(errors="replace")
                    for name in (b"source", b"reason", b"raw")
                )
                found.append(Rejection(store, position_ns(at), reason, raw))
        newest = f"({_text(page[-1][0])}"
    known = {(rejection.store, rejection.position_ns) for rejection in found}
    return [r for r in _dropped(redis) if (r.store, r.position_ns) not in known] + found[::-1]


def _dropped(redis: Redis) -> Iterator[Rejection]:
    """Yield every place of the log that was ever set aside and not replayed since."""
    places: Any = redis.zrange(REJECTED_PLACES, 0, -1)
    for place in map(_text, places):
        store, _, position = place.partition("@")
        if POSITION.fullmatch(position):
            yield Rejection(store, position_ns(position), "dropped by the operator", "")


def _entries(redis: Redis, stream: str, newest: str) -> list[tuple[bytes, dict[bytes, bytes]]]:
    entries: Any = redis.xrevrange(stream, max=newest, count=_PAGE)
    return list(entries)


def _row(position: str, fields: dict[bytes, bytes]) -> Row:
    stored = fields.get(b"event", b"")
    number = fields.get(b"offset", b"")
    if number.isdigit():
        return position_ns(position), int(number), stored.decode(errors="replace")
    try:
        text = LoggedEvent.decode(position, stored).event.to_json()
    except ValidationError:
        text = ""
    return position_ns(position), None, text


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
