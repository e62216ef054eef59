"""What was set aside in `progress-events:rejected`: each entry with where it came from and why."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from redis import Redis

from ingest_api.event_log import COUNTS, REJECTED, REJECTED_PLACES
from ingest_api.foreseen import ForeseenError

_PAGE: Final = 500
_ID: Final = re.compile(r"\d{1,20}-\d{1,20}")


def waiting(redis: Redis) -> int:
    """Return how many entries are set aside now.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    length: Any = redis.xlen(REJECTED)
    return int(length)


class NoSuchEntryError(ForeseenError):
    """An id names nothing that was set aside."""


@dataclass(frozen=True, slots=True)
class RejectedEntry:
    """One thing that was set aside.

    Attributes:
        entry_id: Its id in the rejected stream; the first part is the time in milliseconds.
        source: `channel`, `log`, or the name of the store that refuses it.
        position: Its place in the log; None for what never was there.
        reason: Why it was set aside.
        raw: What it is.
    """

    entry_id: str
    source: str
    position: str | None
    reason: str
    raw: bytes

    @property
    def set_aside_at(self) -> datetime:
        """When it was set aside, UTC."""
        return datetime.fromtimestamp(int(self.entry_id.partition("-")[0]) / 1000, UTC)


class RejectedStream:
    """Reads the rejected stream, and takes entries from it. Its methods raise RedisError."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def newest(self, limit: int, source: str | None = None) -> list[RejectedEntry]:
        """Return the newest entries, newest first, of one source or of all."""
        found: list[RejectedEntry] = []
        before = "+"
        while len(found) < limit:
            page: Any = self._redis.xrevrange(REJECTED, max=before, count=_PAGE)
            if not page:
                break
            entries = [_entry(*entry) for entry in page]
            found += [entry for entry in entries if source in (None, entry.source)]
            before = f"({entries[-1].entry_id}"
        return found[:limit]

    def all(self, source: str | None = None) -> list[RejectedEntry]:
        """Return all entries, oldest first, of one source or of all."""
        return self.newest(int(self._redis.xlen(REJECTED)), source)[::-1]

    def named(self, entry_ids: Sequence[str]) -> list[RejectedEntry]:
        """Return the entries with these ids, in their order.

        Raises:
            NoSuchEntryError: An id is none, or there is no such entry.
        """
        found = []
        for entry_id in entry_ids:
            if not _ID.fullmatch(entry_id):
                raise NoSuchEntryError(
                    f"{entry_id!r} is no id: take one from 'cellpulse rejected list'"
                )
            entries: Any = self._redis.xrange(REJECTED, entry_id, entry_id)
            if not entries:
                raise NoSuchEntryError(
                    f"nothing with the id {entry_id} was set aside: see 'cellpulse rejected list'"
                )
            found.append(_entry(*entries[0]))
        return found

    def forget(self, entry: RejectedEntry) -> None:
        """Take an entry away that was made up for; refused again, it would come back."""
        with self._redis.pipeline(transaction=True) as step:
            step.xdel(REJECTED, entry.entry_id)
            step.zrem(REJECTED_PLACES, f"{entry.source}@{entry.position}")
            step.execute()

    def drop(self, entries: Sequence[RejectedEntry]) -> int:
        """Take entries away for good, and count them; return how many there were."""
        dropped = 0
        for start in range(0, len(entries), _PAGE):
            part = [entry.entry_id for entry in entries[start : start + _PAGE]]
            dropped += int(self._redis.xdel(REJECTED, *part))
        self._redis.hincrby(COUNTS, "dropped", dropped)
        return dropped


def _entry(entry_id: bytes, fields: dict[bytes, bytes]) -> RejectedEntry:
    def text(name: bytes) -> str:
        return fields.get(name, b"").decode(errors="replace")

    return RejectedEntry(
        entry_id=entry_id.decode(),
        source=text(b"source"),
        position=text(b"position") or None,
        reason=text(b"reason"),
        raw=fields.get(b"raw", b""),
    )
