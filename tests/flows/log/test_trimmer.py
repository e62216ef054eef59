"""Trimming the log, on a real Redis."""

from collections.abc import Callable

import pytest
from redis import Redis

from flows.log.figures import log_length
from flows.log.logged_event import START, LoggedEvent
from flows.log.reader import LogReader
from flows.log.trimmer import LogPinnedError, LogTrimmer

Make = Callable[..., LoggedEvent]
STORES = ["influxdb", "postgres", "lake"]


def test_the_log_is_trimmed_only_behind_the_slowest_store(
    log: LogReader, redis: Redis, append: Callable[[int], list[str]]
) -> None:
    """What any store still needs stays, and so do the newest events."""
    positions = append(10)
    for store in STORES:
        log.commit(store, positions[9])
    log.commit("lake", positions[5])
    assert LogTrimmer(redis).trim(STORES, keep=0, keep_bytes=10**9) == 6
    batch = log.next_batch(positions[5], 100)
    assert batch is not None
    assert [e.position for e in batch.events] == positions[6:]
    log.commit("lake", positions[9])
    assert LogTrimmer(redis).trim(STORES, keep=3, keep_bytes=10**9) == 1
    assert log_length(redis) == 3


def test_the_log_is_not_trimmed_while_a_backup_copies_it(
    log: LogReader, append: Callable[[int], list[str]], redis: Redis
) -> None:
    """Meanwhile nothing goes, a second backup is refused, and a broken promise is noticed."""
    positions = append(4)
    for store in STORES:
        log.commit(store, positions[-1])
    with LogTrimmer(redis).untrimmed() as holds:
        assert LogTrimmer(redis).trim(STORES, keep=0, keep_bytes=10**9) == 0
        with pytest.raises(LogPinnedError), LogTrimmer(redis).untrimmed():
            pass
        assert holds()
        assert 0 < int(redis.ttl("cellpulse:keep-log")) <= 60
        redis.delete("cellpulse:keep-log")
        assert not holds()
    assert LogTrimmer(redis).trim(STORES, keep=0, keep_bytes=10**9) == 4


def test_a_store_that_was_never_here_keeps_the_whole_log(
    log: LogReader, redis: Redis, append: Callable[[int], list[str]]
) -> None:
    """Nothing is trimmed while a store has not begun."""
    positions = append(3)
    log.commit("lake", positions[2])
    log.commit("postgres", positions[2])
    assert LogTrimmer(redis).trim(STORES, keep=0, keep_bytes=10**9) == 0
    assert log_length(redis) == 3


def test_large_events_are_trimmed_by_their_bytes(log: LogReader, redis: Redis, event: Make) -> None:
    """Fewer events than `keep` stay where they are larger than `keep_bytes` together."""
    stored = event(0, code="x" * 10_000).event.to_json()
    for number in range(1, 21):
        entry = {"event": stored, "offset": number, "end_byte": number * len(stored)}
        position = redis.xadd("progress-events:log", entry)
    for store in STORES:
        log.commit(store, position.decode())
    assert LogTrimmer(redis).trim(STORES, keep=1_000, keep_bytes=10 * len(stored)) == 10
    assert LogTrimmer(redis).trim(STORES, keep=1_000, keep_bytes=10 * len(stored)) == 0


def test_lag_is_right_after_trimming(
    log: LogReader, redis: Redis, append: Callable[[int], list[str]]
) -> None:
    """The running numbers count what is missing, whatever has been trimmed."""
    positions = append(6)
    for store in STORES:
        log.commit(store, positions[3])
    LogTrimmer(redis).trim(STORES, keep=0, keep_bytes=10**9)
    assert log.lag(positions[3]).events == 2


def test_a_foreign_entry_stops_neither_lag_nor_trimming(
    log: LogReader, redis: Redis, append: Callable[[int], list[str]]
) -> None:
    """Entries without a running number are counted as well as can be, and nothing needed goes."""
    foreign = redis.xadd("progress-events:log", {"something": "else"}, id="1-1")
    positions = append(4)
    assert log.lag(START).events >= 1
    for store in STORES:
        log.commit(store, foreign.decode())
    assert LogTrimmer(redis).trim(STORES, keep=0, keep_bytes=10**9) == 0
    for store in STORES:
        log.commit(store, positions[2])
    assert LogTrimmer(redis).trim(STORES, keep=0, keep_bytes=10**9) == 3
    batch = log.next_batch(positions[2], 10)
    assert batch is not None
    assert [e.position for e in batch.events] == positions[3:]
