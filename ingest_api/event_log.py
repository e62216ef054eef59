"""The durable log on Redis: the one place that knows its keys and how an event gets into it."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache, partial
from hashlib import blake2b
from importlib import resources
from typing import Any, Final, NamedTuple
from uuid import UUID

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    BusyLoadingError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import (
    ConnectionError as RedisConnectionError,
)
from redis.exceptions import (
    TimeoutError as RedisTimeoutError,
)

from ingest_api.compiled_contract import CompiledEvent, stored_json
from ingest_api.events import ProgressEvent, StoredEvent
from ingest_api.foreseen import ForeseenError

LOG: Final = "progress-events:log"
CHANNEL: Final = "progress-events"
REJECTED: Final = "progress-events:rejected"
#: Of each entry of the log that was set aside `source@position`, by the position as one number.
REJECTED_PLACES: Final = "progress-events:rejected-places"
COUNTS: Final = "progress-events:counts"
#: Running numbers of events that were erased with their student, and so are not lost.
ERASED: Final = "progress-events:erased"
#: Announces that the lake moved: `{"position": …, "courses": […]}`.
ROLLUPS_ADVANCED: Final = "rollups-advanced"

_DAY: Final = 86_400
_IDS_REMEMBERED: Final = 2 * _DAY
_SESSIONS_REMEMBERED: Final = 180 * _DAY
#: Sequence numbers are remembered as bits, this many a key: at most 1 KiB, whatever is sent.
_SEQUENCE_NUMBERS_A_KEY: Final = 8_192
#: Of how many sessions the name in these keys is remembered.
_SESSIONS_NAMED: Final = 8_192
#: Past this many the oldest that were set aside go.
REJECTED_KEPT: Final = 100_000
_PAGE: Final = 1_000
#: The log may always hold so much.
LEAST_LIMIT_BYTES: Final = 1_000_000


def open_redis(url: str, timeout_seconds: float = 3) -> Redis:
    """Return a client that fails at once instead of trying again.

    Whether a step that was cut off took place is not known, so only the event's sender, who can
    mark a repeat, may try again.
    """
    return Redis.from_url(
        url,
        protocol=2,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=timeout_seconds,
        socket_timeout=timeout_seconds,
        health_check_interval=0,
    )


def limit_in_memory(limit_bytes: int, memory_bytes: int) -> int:
    """Return what the log may hold where Redis may use `memory_bytes`, 0 for all there is.

    At most half of it: the marks of repeats, and what empties the log, need room there too.
    """
    if memory_bytes == 0:
        return limit_bytes
    return min(limit_bytes, max(memory_bytes // 2, LEAST_LIMIT_BYTES))


class LogUnavailableError(ForeseenError):
    """Redis is away, full or read-only. Send the same events again.

    When Redis did not answer in time it may have stored them all the same; with their ids or
    sequence numbers they are then recognised as repeats.
    """


class Candidate(NamedTuple):
    """An event that is ready to be appended, encoded once; as `append.lua` gets it."""

    json: bytes
    event_id: bytes
    sequence_key: str
    sequence_bit: str

    @property
    def named(self) -> str:
        """The event's id as text; '' where its sender gave it none."""
        return str(UUID(bytes=self.event_id)) if self.event_id else ""

    @classmethod
    def encode(cls, event: ProgressEvent, received_at: datetime) -> "Candidate":
        """Add what the server knows, and encode."""
        event_id = event.event_id.bytes if event.event_id else b""
        stored = StoredEvent.accept(event, received_at).to_json().encode()
        return cls(stored, event_id, *_sequence_arguments(event))

    @classmethod
    def of_compiled(cls, event: CompiledEvent, received_at: str) -> "Candidate":
        """As `encode`, of what the compiled contract read, at a time as it is stored."""
        event_id = event.event_id.bytes if event.event_id else b""
        return cls(stored_json(event, received_at), event_id, *_sequence_arguments(event))


#: Makes of a script what runs it with keys and arguments, and returns what it returns.
ScriptMaker = Callable[[Redis, str], Callable[..., Awaitable[Any]]]


class EventLog:
    """Appends to the log and reads from it."""

    def __init__(self, redis: Redis, limit_bytes: int, script: ScriptMaker | None = None) -> None:
        """Append until the log holds `limit_bytes` of events.

        Args:
            redis: Where the log is.
            limit_bytes: What it may hold.
            script: Makes what runs the step instead of `redis`; `ScriptConnection` costs least.
        """
        self._redis = redis
        self._limit_bytes = self._limit_wanted = limit_bytes
        #: Why nothing may be appended now, whatever Redis says.
        self.fault: str | None = None
        text = resources.files("ingest_api").joinpath("append.lua").read_text(encoding="utf-8")
        self._append = (redis.register_script if script is None else partial(script, redis))(text)

    def fit_into(self, memory_bytes: int) -> None:
        """Hold no more than fits into what Redis may use, see `limit_in_memory`."""
        self._limit_bytes = limit_in_memory(self._limit_wanted, memory_bytes)

    async def append(self, candidates: Sequence[Candidate], rejected: int = 0) -> list[str | None]:
        """Append and publish events in one atomic step.

        Args:
            candidates: The events, in order.
            rejected: How many events were refused beside them; only counted.

        Returns:
            For each event its log position, or None where it is a repeat.

        Raises:
            LogUnavailableError: None of them is known to be in the log; send them again.
        """
        if self.fault:
            raise LogUnavailableError(self.fault)
        keys, arguments = _append_step(candidates, rejected, self._limit_bytes)
        try:
            positions = await self._append(keys=keys, args=arguments)
        except RedisError as error:
            raise LogUnavailableError(_reason(error)) from error
        return [_text(position) or None for position in positions]

    async def append_rejected(self, candidate: Candidate, entry_id: str) -> str | None:
        """Append an event that had been set aside, and take it from there, in one atomic step.

        Returns:
            Its log position, or None where it is a repeat.

        Raises:
            LogUnavailableError: Nothing is known to be changed; do it again.
        """
        keys, arguments = _append_step([candidate], 0, self._limit_bytes)
        try:
            [position] = await self._append(keys=[*keys, REJECTED], args=[*arguments, entry_id])
        except RedisError as error:
            raise LogUnavailableError(_reason(error)) from error
        return _text(position) or None

    async def reject(self, raw: str, reason: str, *, source: str) -> None:
        """Set aside what can't become an event, with its reason, and count it.

        Raises:
            LogUnavailableError: It was not set aside.
        """
        entry = {"raw": raw, "reason": reason, "source": source}
        try:
            async with self._redis.pipeline(transaction=True) as step:
                step.xadd(REJECTED, entry, maxlen=REJECTED_KEPT, approximate=True)  # type: ignore[arg-type]
                step.hincrby(COUNTS, "rejected", 1)
                await step.execute()
        except RedisError as error:
            raise LogUnavailableError(_reason(error)) from error

    async def last_position(self) -> str:
        """Return the position of the last event, `0-0` when there is none.

        Raises:
            LogUnavailableError: Redis does not answer.
        """
        try:
            entries: Any = await self._redis.xrevrange(LOG, count=1)
        except RedisError as error:
            raise LogUnavailableError(_reason(error)) from error
        return _text(entries[0][0]) if entries else "0-0"

    async def missed_from(self, position: str) -> str | None:
        """Return where the log begins, if events after `position` may have been trimmed from it.

        Raises:
            LogUnavailableError: Redis does not answer.
        """
        try:
            entries: Any = await self._redis.xrange(LOG, count=1)
        except RedisError as error:
            raise LogUnavailableError(_reason(error)) from error
        if not entries:
            return None
        [(oldest, fields)] = entries
        was_trimmed = fields.get(b"offset", b"1") != b"1"
        is_older = position_order(position) < position_order(_text(oldest))
        return _text(oldest) if was_trimmed and is_older else None

    async def after(
        self, position: str, wait_ms: int | None = None, count: int = _PAGE
    ) -> list[tuple[str, str]]:
        """Return the events that follow `position`, oldest first, as position and stored JSON.

        What somebody else put into the stream has whatever text it has, or none.

        Args:
            position: Log position of the last event that is known already.
            wait_ms: How long to wait for the first one, in milliseconds; None does not wait.
            count: How many at the most.

        Raises:
            LogUnavailableError: Redis does not answer.
        """
        try:
            streams: Any = await self._redis.xread({LOG: position}, count=count, block=wait_ms)
        except RedisError as error:
            raise LogUnavailableError(_reason(error)) from error
        if not streams:
            return []
        [(_, entries)] = streams
        return [(_text(position), _text(fields.get(b"event", b""))) for position, fields in entries]

    async def pages_after(self, position: str) -> AsyncIterator[list[tuple[str, str]]]:
        """Yield all events that follow `position` now, a page at a time.

        Raises:
            LogUnavailableError: Redis does not answer.
        """
        while page := await self.after(position):
            yield page
            position = page[-1][0]

    async def check(self) -> None:
        """Ask whether the log can be written to.

        Raises:
            LogUnavailableError: It can't.
        """
        await self.append([])


def remembered_keys(
    event: ProgressEvent, appended_ms: int
) -> Iterator[tuple[str, bytes | int, int]]:
    """Yield what tells a repeat of an event that was appended at a time, in milliseconds.

    Each is a key, what it holds (a member of a set, or a bit's number), and when it expires.
    """
    if place := _sequence_place(event):
        yield (*place, appended_ms + _SESSIONS_REMEMBERED * 1000)
    if event.event_id:
        key = f"progress-events:ids:{appended_ms // 1000 // _DAY}"
        yield key, event.event_id.bytes, appended_ms + _IDS_REMEMBERED * 1000


@lru_cache(_SESSIONS_NAMED)
def sequence_name(course_id: str, student_id: str, session_id: str) -> str:
    """Return what names a session in the keys that tell repeats of its sequence numbers."""
    session = f"{course_id}\0{student_id}\0{session_id}"
    return blake2b(session.encode(), digest_size=16).hexdigest()


def _sequence_place(event: Any) -> tuple[str, int] | None:
    """Return the key and the bit of an event's sequence number."""
    if event.session_id is None or event.seq is None:
        return None
    name = sequence_name(event.course_id, event.student_id, event.session_id)
    chunk, within = divmod(event.seq, _SEQUENCE_NUMBERS_A_KEY)
    return f"progress-events:session:{name}:{chunk}", within


def _sequence_arguments(event: Any) -> tuple[str, str]:
    place = _sequence_place(event)
    return (place[0], str(place[1])) if place else ("", "")


def _append_step(
    candidates: Sequence[Candidate], rejected: int, limit_bytes: int
) -> tuple[list[str], list[Any]]:
    """Return the keys and the arguments of `append.lua`."""
    today = int(time.time()) // _DAY
    keys = [LOG, COUNTS, f"progress-events:ids:{today}", f"progress-events:ids:{today - 1}"]
    arguments: list[Any] = [CHANNEL, _IDS_REMEMBERED, _SESSIONS_REMEMBERED, rejected]
    arguments.append(limit_bytes)
    for candidate in candidates:
        arguments += candidate
    return keys, arguments


_REASONS: Final[tuple[tuple[type[RedisError], str, str], ...]] = (
    (
        ResponseError,
        "LOGFULL",
        "the log is full until the stores have caught up ('cellpulse status' shows their lag)",
    ),
    (OutOfMemoryError, "", "Redis' memory is full: the operator must give it more"),
    (ResponseError, "OOM", "Redis' memory is full: the operator must give it more"),
    (ReadOnlyError, "", "Redis is read-only"),
    (BusyLoadingError, "", "Redis is loading its data"),
    (RedisTimeoutError, "", "Redis does not answer"),
    (RedisConnectionError, "", "Redis does not answer"),
)


def _reason(error: RedisError) -> str:
    for kind, words, reason in _REASONS:
        if isinstance(error, kind) and words in str(error):
            return reason
    return f"Redis refuses: {error}" if isinstance(error, ResponseError) else "Redis failed"


def position_order(position: str) -> tuple[int, int]:
    """Return what positions are ordered by: milliseconds and sequence."""
    milliseconds, _, sequence = position.partition("-")
    return int(milliseconds), int(sequence)


def _text(value: bytes | str) -> str:
    # What somebody else put into the stream may be any bytes.
    return value.decode(errors="replace") if isinstance(value, bytes) else value
