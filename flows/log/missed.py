"""What was trimmed from the log before a store came to it: found, counted, and forgotten again."""

from typing import Any, Final

from redis import Redis

from flows.log.batch import Batch
from flows.log.entry import running_number, text
from flows.log.logged_event import START, position_ns
from ingest_api.event_log import ERASED, LOG

#: Of each store `position running-number` of its last commit.
OFFSETS: Final = "progress-events:offsets"
#: How many events were trimmed before a store came to them, by `store@position`.
_MISSED: Final = "progress-events:missed"


class MissedEvents:
    """The events that each store has missed."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def before(self, batch: Batch, store: str, position: str) -> int:
        """Return how many events were trimmed between a store's position and the next batch.

        Where their number is not known it is 1: a store that was restored to a position that the
        log has no more lacks one at the least.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        if batch.first_offset is None:
            return 0
        if position == START:
            return self.between(0, batch.first_offset)
        entry: Any = self._redis.xrange(LOG, position, position)
        if entry:
            number = running_number(entry[0][1]) or batch.first_offset
            return self.between(number, batch.first_offset)
        noted: Any = self._redis.hget(OFFSETS, store)
        at, _, offset = text(noted or b"").partition(" ")
        if at == position:
            return self.between(int(offset), batch.first_offset)
        return 1 if at and position_ns(position) < position_ns(at) else 0

    def between(self, before: int, after: int) -> int:
        """Return how many running numbers lie between two, without those that were erased.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        numbers = after - before - 1
        if numbers <= 0:
            return numbers
        return numbers - int(self._redis.zcount(ERASED, before + 1, after - 1))

    def note(self, store: str, after: str, count: int) -> None:
        """Note, once, that a store missed events which were trimmed before it came to them.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        self._redis.hset(_MISSED, f"{store}@{after}", str(count))

    def by_store(self) -> dict[str, int]:
        """Return how many events each store has missed, at least; stores without are left out.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        noted: Any = self._redis.hgetall(_MISSED)
        missed: dict[str, int] = {}
        for place, count in noted.items():
            store = text(place).partition("@")[0]
            missed[store] = missed.get(store, 0) + int(count)
        return missed

    def forget(self, store: str) -> None:
        """Forget what a store has missed: it has it now, or the operator knows.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        places: Any = self._redis.hkeys(_MISSED)
        for place in places:
            if text(place).partition("@")[0] == store:
                self._redis.hdel(_MISSED, place)
