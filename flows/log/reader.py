"""The log as the stores see it: what comes next for each, and how far each is."""

import json
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any, Final, cast

from pydantic import ValidationError
from pydantic_core import to_json
from redis import Redis
from redis.exceptions import ResponseError

from flows.log.decoded_events import DecodedEvents
from flows.log.logged_event import START, LoggedEvent, position_ns
from ingest_api.event_log import (
    COUNTS,
    ERASED,
    LOG,
    REJECTED,
    REJECTED_KEPT,
    REJECTED_PLACES,
)

#: A batch ends before it holds more, so that no store gets more than it takes at once.
BATCH_BYTES: Final = 8_000_000
_PAGE: Final = 1_000
#: The source of a rejected entry that no store could read.
FROM_LOG: Final = "log"
_NEVER_THERE: Final = "cellpulse:never-there"
#: Of each store `position running-number` of its last commit.
_OFFSETS: Final = "progress-events:offsets"
#: How many events were trimmed before a store came to them, by `store@position`.
_MISSED: Final = "progress-events:missed"


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that follow each other in the log.

    Attributes:
        events: Those that could be read.
        position: Position of the last entry, readable or not.
        unreadable: Positions of those that could not be read, and were set aside.
        first_offset: Running number of the first entry; None for what is not ours.
        last_offset: That of the last entry.
    """

    events: Sequence[LoggedEvent]
    position: str
    unreadable: Sequence[str] = ()
    first_offset: int | None = None
    last_offset: int | None = None

    def halves(self) -> tuple["Batch", "Batch"]:
        """Return the first half of the events, and the rest."""
        middle = len(self.events) // 2
        border = self.events[middle - 1].position
        before = [at for at in self.unreadable if position_ns(at) < position_ns(border)]
        return (
            Batch(self.events[:middle], border, before),
            Batch(self.events[middle:], self.position, self.unreadable[len(before) :]),
        )


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


class LogReader:
    """Reads the log for the stores.

    Each store has a consumer group of its name, and the group's last delivered id is what the
    store has committed: nothing is ever pending, so nothing has to be claimed after a crash.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        # Entries as they come: a dict of each costs more than reading it.
        self._entries = Redis(connection_pool=redis.connection_pool)
        self._entries.set_response_callback("XRANGE", _as_it_came)
        self._decoded = DecodedEvents()
        self._reject, self._commit, self._keep_ahead = (
            redis.register_script(
                resources.files("flows.log").joinpath(name).read_text(encoding="utf-8")
            )
            for name in ("reject.lua", "commit.lua", "keep_ahead.lua")
        )

    def add_groups(self, stores: Iterable[str]) -> None:
        """Make the stores' consumer groups where they are missing; a new one begins at the start.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        # Asked first: while its memory is full, Redis refuses to make even what is there already.
        known = self.committed()
        for store in stores:
            if store in known:
                continue
            try:
                self._redis.xgroup_create(LOG, store, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    def committed(self) -> dict[str, str]:
        """Return each consumer group's committed position.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        try:
            groups: Any = self._redis.xinfo_groups(LOG)
        except ResponseError:  # there is no log before the first group or event
            return {}
        return {_text(group["name"]): _text(group["last-delivered-id"]) for group in groups}

    def commit(self, store: str, position: str, offset: int | None = None) -> None:
        """Set a store's committed position, also while Redis' memory is full.

        Args:
            store: The store.
            position: Of the last entry that it has.
            offset: That entry's running number, where it is known.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        number = "" if offset is None else offset
        self._commit(keys=[LOG, _NEVER_THERE, _OFFSETS], args=[store, position, number])

    def keep_ahead_of(self, position: str) -> int | None:
        """Give no event a position that a store has passed already.

        Returns:
            None where the log is ahead, as it should be; else how many entries it holds, all of
            them before the position.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        entries = int(self._keep_ahead(keys=[LOG, _NEVER_THERE], args=[position]))
        return None if entries < 0 else entries

    def missed_before(self, batch: Batch, store: str, position: str) -> int:
        """Return how many events were trimmed between a store's position and the next batch.

        Where their number is not known it is 1: a store that was restored to a position that the
        log has no more lacks one at the least.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        if batch.first_offset is None:
            return 0
        if position == START:
            return self.missed_between(0, batch.first_offset)
        entry: Any = self._redis.xrange(LOG, position, position)
        if entry:
            number = _number(entry[0][1]) or batch.first_offset
            return self.missed_between(number, batch.first_offset)
        noted: Any = self._redis.hget(_OFFSETS, store)
        at, _, offset = _text(noted or b"").partition(" ")
        if at == position:
            return self.missed_between(int(offset), batch.first_offset)
        return 1 if at and position_ns(position) < position_ns(at) else 0

    def missed_between(self, before: int, after: int) -> int:
        """Return how many running numbers lie between two, without those that were erased.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        numbers = after - before - 1
        if numbers <= 0:
            return numbers
        return numbers - int(self._redis.zcount(ERASED, before + 1, after - 1))

    def note_missed(self, store: str, after: str, count: int) -> None:
        """Note, once, that a store missed events which were trimmed before it came to them.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        self._redis.hset(_MISSED, f"{store}@{after}", str(count))

    def missed(self) -> dict[str, int]:
        """Return how many events each store has missed, at least; stores without are left out.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        noted: Any = self._redis.hgetall(_MISSED)
        missed: dict[str, int] = {}
        for place, count in noted.items():
            store = _text(place).partition("@")[0]
            missed[store] = missed.get(store, 0) + int(count)
        return missed

    def forget_missed(self, store: str) -> None:
        """Forget what a store has missed: it has it now, or the operator knows.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        places: Any = self._redis.hkeys(_MISSED)
        for place in places:
            if _text(place).partition("@")[0] == store:
                self._redis.hdel(_MISSED, place)

    def next_batch(self, position: str, count: int) -> Batch | None:
        """Return entries that follow `position`, or None at the end of the log.

        They are at most `count`, and few enough to stay under `BATCH_BYTES`.

        An entry that is not an event is set aside with its reason.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        entries = self._entries_after(position, count)
        if not entries:
            return None
        events, unreadable = [], []
        for entry_id, fields in entries:
            stored = _event_in(fields)
            try:
                events.append(self._decoded.decode(_text(entry_id), stored))
            except ValidationError as error:
                unreadable.append(_text(entry_id))
                self.reject(stored, f"not an event: {error}", source=FROM_LOG, at=_text(entry_id))
        (_, first), (last_id, last) = entries[0], entries[-1]
        numbers = (_number(_by_name(fields)) for fields in (first, last))
        return Batch(events, _text(last_id), unreadable, *numbers)

    def later_of_student(self, logged: LoggedEvent) -> list[LoggedEvent] | None:
        """Return the same student's events that follow an event, or None where it was trimmed.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        who = to_json(logged.event.student_id)
        found, position = [], logged.position
        while page := self._redis.xrange(LOG, min=f"({position}", count=_PAGE):
            for entry_id, fields in cast("Any", page):
                stored = fields.get(b"event", b"")
                # Far quicker than to read every event of the class.
                if who in stored:
                    with suppress(ValidationError):
                        found.append(LoggedEvent.decode(_text(entry_id), stored))
            position = _text(cast("Any", page)[-1][0])
        # Trimming goes from the oldest on: while this one is there, so is what follows it.
        if not self._redis.xrange(LOG, logged.position, logged.position):
            return None
        mine = (logged.event.course_id, logged.event.student_id)
        return [e for e in found if (e.event.course_id, e.event.student_id) == mine]

    def _entries_after(self, position: str, count: int) -> list[tuple[bytes, list[bytes]]]:
        """Return entries, each with its fields' names and values in turn."""
        entries: list[tuple[bytes, list[bytes]]] = []
        size = 0
        while len(entries) < count:
            page: Any = self._entries.xrange(
                LOG, min=f"({position}", count=min(_PAGE, count - len(entries))
            )
            if not page:
                break
            for entry_id, fields in page:
                size += len(_event_in(fields))
                if entries and size > BATCH_BYTES:
                    return entries
                entries.append((entry_id, fields))
            position = _text(page[-1][0])
        return entries

    def reject(self, raw: bytes | str, reason: str, *, source: str, at: str) -> None:
        """Set aside an entry of the log that can never be stored, with its reason, once.

        A store that comes to the same place again, after a crash or while it is away, changes
        nothing; nor does the next store that can't read the same entry.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        self._reject(
            keys=[REJECTED, COUNTS, REJECTED_PLACES, _NEVER_THERE],
            args=[raw, reason[:2_000], source, at, position_ns(at), REJECTED_KEPT],
        )

    def lag(self, position: str) -> Lag:
        """Return how far a store at `position` is behind the log.

        Every entry carries its running number, so no entries have to be counted.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        newest: Any = self._redis.xrevrange(LOG, count=1)
        oldest_missing: Any = self._redis.xrange(LOG, min=f"({position}", count=1)
        if not newest or not oldest_missing:
            return Lag(position, 0, 0.0)
        entry_id, fields = oldest_missing[0]
        events = max(1, _offset(newest[0][1]) - _offset(fields) + 1)
        return Lag(position, events, _waited_seconds(_text(entry_id), fields))

    def counts(self) -> dict[str, int]:
        """Return how many events were accepted, repeated and refused since the log began.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        counts: Any = self._redis.hgetall(COUNTS)
        names = ("accepted", "duplicates", "rejected")
        return {name: int(counts.get(name.encode(), 0)) for name in names}

    def oldest(self) -> str | None:
        """Return the position of the oldest entry, or None where the log is empty.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        entries: Any = self._redis.xrange(LOG, count=1)
        return _text(entries[0][0]) if entries else None

    def length(self) -> int:
        """Return how many events the log holds now.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        return int(self._redis.xlen(LOG))

    def size_bytes(self) -> int:
        """Return how many bytes of events the log holds now, as its limit counts them.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        ends: Any = [self._redis.xrange(LOG, count=1), self._redis.xrevrange(LOG, count=1)]
        if not all(ends):
            return 0
        (_, oldest), (_, newest) = ends[0][0], ends[1][0]
        first, last = (int(fields.get(b"end_byte", 0)) for fields in (oldest, newest))
        return last - first + len(oldest.get(b"event", b""))


def _as_it_came(answer: Any, **_: object) -> Any:
    return answer


def _by_name(fields: list[bytes]) -> dict[bytes, bytes]:
    return dict(zip(fields[::2], fields[1::2], strict=True))


def _event_in(fields: list[bytes]) -> bytes:
    # An entry of ours begins with it.
    return fields[1] if fields[0] == b"event" else _by_name(fields).get(b"event", b"")


def _waited_seconds(position: str, fields: Any) -> float:
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


def _offset(fields: Any) -> int:
    return _number(fields) or 0


def _number(fields: Any) -> int | None:
    """Return an entry's running number; what somebody else put into the stream has none."""
    number = fields.get(b"offset", b"")
    return int(number) if number.isdigit() else None


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
