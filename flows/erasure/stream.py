"""Takes entries out of a stream on Redis for good, while it is written to."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Final, cast

from redis import Redis

from ingest_api.event_log import COUNTS, ERASED

Fields = Mapping[bytes, bytes]
#: Beside the keys that a backup takes, and gone by itself where this was cut off.
_COPY: Final = "cellpulse:stream-copy"
#: Erasures whose events are counted. A backup takes it along with the counts, so that what another
#: store brings back afterwards is not counted twice.
_COUNTED: Final = "progress-events:erasures-counted"
_PAGE: Final = 1_000
_COPY_MS: Final = 10 * 60 * 1000


@dataclass(frozen=True)
class Counting:
    """What is to be known of an erasure from the log afterwards: how many events it took.

    Attributes:
        erasure_id: Counted once, however often it is begun.
        elsewhere: Events that the stores have and the log has no more.
        numbers: The running numbers of the log's entries that go; filled in while they are found.
    """

    erasure_id: str
    elsewhere: int
    numbers: list[int] = field(default_factory=list)


def pages(redis: Redis, stream: str, after: str = "-") -> Iterator[list[tuple[bytes, Fields]]]:
    """Yield a stream's entries to its end, a page at a time.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    while page := cast("Any", redis.xrange(stream, min=after, count=_PAGE)):
        yield page
        if len(page) < _PAGE:
            return
        after = f"({page[-1][0].decode()}"


def erase_from_stream(
    redis: Redis,
    stream: str,
    goes: Callable[[bytes, Fields], bool],
    counting: Counting | None = None,
    seen: Callable[[int], None] = lambda _: None,
) -> int:
    """Make a stream anew without some of its entries; return how many went.

    What is appended while it works stays, whatever it is. Groups keep their places.

    Args:
        redis: Where it is.
        stream: Its key.
        goes: Tells which entries go, by id and fields.
        counting: For the log: what the audit needs to know.
        seen: Called with the number of entries of each page.

    Raises:
        redis.RedisError: Redis does not answer, or has no room for the copy: nothing is changed.
    """
    redis.delete(_COPY)
    try:
        went, last = _copy_what_stays(redis, stream, goes, counting, seen)
        if went or (counting is not None and counting.elsewhere):
            _swap(redis, stream, last, counting)
    finally:
        redis.delete(_COPY)
    return went


def _copy_what_stays(
    redis: Redis,
    stream: str,
    goes: Callable[[bytes, Fields], bool],
    counting: Counting | None,
    seen: Callable[[int], None],
) -> tuple[int, str]:
    """Copy a stream; return how many entries do not stay, and the last one that was looked at."""
    went, last = 0, "0-0"
    for page in pages(redis, stream):
        kept = []
        for entry_id, fields in page:
            if goes(entry_id, fields):
                went += 1
                if counting is not None and fields.get(b"offset", b"").isdigit():
                    counting.numbers.append(int(fields[b"offset"]))
            else:
                kept.append((entry_id, fields))
        _copy(redis, kept)
        last = page[-1][0].decode()
        seen(len(page))
    return went, last


def forget_counted(redis: Redis, erasure_id: str) -> None:
    """Forget that an erasure was counted: nobody will do it again under the same id.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    redis.srem(_COUNTED, erasure_id)


def _copy(redis: Redis, entries: Sequence[tuple[bytes, Fields]]) -> None:
    with redis.pipeline(transaction=False) as step:
        for entry_id, fields in entries:
            step.xadd(_COPY, cast("Any", fields), id=cast("Any", entry_id))
        step.pexpire(_COPY, _COPY_MS)
        step.execute()


def _swap(redis: Redis, stream: str, last: str, counting: Counting | None) -> None:
    text = resources.files("flows.erasure").joinpath("swap_stream.lua").read_text("utf-8")
    counted: list[Any] = ["", 0]
    if counting is not None:
        counted = [counting.erasure_id, counting.elsewhere, *counting.numbers]
    redis.register_script(text)(
        keys=[stream, _COPY, ERASED, COUNTS, _COUNTED], args=[last, *counted]
    )
