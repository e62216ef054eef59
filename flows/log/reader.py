"""The log as the stores see it: what comes next for each, and how far each has come."""

from collections.abc import Iterable
from contextlib import suppress
from importlib import resources
from typing import Any, Final, cast

from pydantic import ValidationError
from pydantic_core import to_json
from redis import Redis
from redis.exceptions import ResponseError

from flows.log.batch import Batch
from flows.log.decoded_events import DecodedEvents
from flows.log.entry import as_it_came, by_name, event_in, running_number, text
from flows.log.lag import Lag
from flows.log.logged_event import LoggedEvent, position_ns
from flows.log.missed import OFFSETS, MissedEvents
from ingest_api.event_log import (
    COUNTS,
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


class LogReader:
    """Reads the log for the stores.

    Each store has a consumer group of its name, and the group's last delivered id is what the
    store has committed: nothing is ever pending, so nothing has to be claimed after a crash.

    Attributes:
        missed: What was trimmed before a store came to it.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.missed = MissedEvents(redis)
        self._entries = Redis(connection_pool=redis.connection_pool)
        self._entries.set_response_callback("XRANGE", as_it_came)
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
        return {text(group["name"]): text(group["last-delivered-id"]) for group in groups}

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
        self._commit(keys=[LOG, _NEVER_THERE, OFFSETS], args=[store, position, number])

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
            stored = event_in(fields)
            try:
                events.append(self._decoded.decode(text(entry_id), stored))
            except ValidationError as error:
                unreadable.append(text(entry_id))
                self.reject(stored, f"not an event: {error}", source=FROM_LOG, at=text(entry_id))
        (_, first), (last_id, last) = entries[0], entries[-1]
        numbers = (running_number(by_name(fields)) for fields in (first, last))
        return Batch(events, text(last_id), unreadable, *numbers)

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
                        found.append(LoggedEvent.decode(text(entry_id), stored))
            position = text(cast("Any", page)[-1][0])
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
                size += len(event_in(fields))
                if entries and size > BATCH_BYTES:
                    return entries
                entries.append((entry_id, fields))
            position = text(page[-1][0])
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

        Raises:
            redis.RedisError: Redis does not answer.
        """
        newest: Any = self._redis.xrevrange(LOG, count=1)
        oldest_missing: Any = self._redis.xrange(LOG, min=f"({position}", count=1)
        if not newest or not oldest_missing:
            return Lag(position, 0, 0.0)
        entry_id, fields = oldest_missing[0]
        return Lag.behind(position, (text(entry_id), fields), newest[0][1])

    def oldest(self) -> str | None:
        """Return the position of the oldest entry, or None where the log is empty.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        entries: Any = self._redis.xrange(LOG, count=1)
        return text(entries[0][0]) if entries else None
