"""How one store is brought up to the end of the log."""

from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from redis import Redis

from flows.log.batch import Batch
from flows.log.logged_event import LoggedEvent
from flows.log.reader import LogReader
from flows.stores.store import StoreUnavailableError
from flows.worker.drain import drain
from tests.flows.memory_store import MemoryStore

Make = Callable[..., LoggedEvent]


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """Return a client that gives bytes."""
    with Redis.from_url(redis_url, protocol=2) as client:
        yield client


@pytest.fixture
def append(redis: Redis, event: Make) -> Callable[..., str]:
    """Return a function that appends one event and returns its position."""

    def add(number: int, **fields: Any) -> str:
        stored = event(number, **fields).event.to_json()
        entry = {"event": stored, "offset": number}
        return str(redis.xadd("progress-events:log", entry), "ascii")

    return add


@pytest.mark.parametrize("remembers", [True, False])
def test_a_store_gets_everything_once_and_in_order(
    redis: Redis, append: Callable[..., str], remembers: bool
) -> None:
    """Draining again and again applies each event once, in log order, and commits it."""
    store, log = MemoryStore(remembers=remembers), LogReader(redis)
    positions = [append(n) for n in range(5)]
    assert drain(log, store) == 5
    positions += [append(n) for n in range(5, 8)]
    assert drain(log, store) == 3
    assert drain(log, store) == 0
    assert [event.position for event in store.events] == positions
    assert log.committed()["postgres"] == positions[-1]


def test_a_poison_event_is_set_aside_and_the_rest_goes_on(
    redis: Redis, append: Callable[..., str]
) -> None:
    """Of a batch with two poison events all others are applied, and each has its reason."""
    store, log = MemoryStore(remembers=True), LogReader(redis)
    students = ["a", "b", "poison", "c", "d", "poison", "e"]
    positions = [append(n, student_id=student) for n, student in enumerate(students)]
    assert drain(log, store) == 5
    assert [event.event.student_id for event in store.events] == ["a", "b", "c", "d", "e"]
    rejected = [fields for _, fields in redis.xrange("progress-events:rejected")]
    assert [r[b"position"].decode() for r in rejected] == [positions[2], positions[5]]
    assert {r[b"reason"] for r in rejected} == {b"it does not fit"}
    assert {r[b"source"] for r in rejected} == {b"postgres"}
    assert store.skipped == [positions[2], positions[5]]
    assert log.committed()["postgres"] == positions[-1]


def test_a_store_that_is_away_commits_nothing_and_goes_on_later(
    redis: Redis, append: Callable[..., str]
) -> None:
    """While a store is away its position stays; when it is back it gets all."""
    store, log = MemoryStore(remembers=False), LogReader(redis)
    store.away = True
    append(0)
    with pytest.raises(StoreUnavailableError):
        drain(log, store)
    assert log.committed()["postgres"] == "0-0"
    store.away = False
    assert drain(log, store) == 1


def test_a_store_that_is_further_than_its_group_is_not_shown_as_behind(
    redis: Redis, append: Callable[..., str]
) -> None:
    """A worker killed between the store's commit and the group's leaves no lag behind."""
    store, log = MemoryStore(remembers=True), LogReader(redis)
    append(0)
    drain(log, store)
    log.commit("postgres", "0-0")
    assert drain(log, store) == 0
    assert log.lag(log.committed()["postgres"]).events == 0


def test_each_batch_is_announced_after_its_commit(redis: Redis, append: Callable[..., str]) -> None:
    """The announcement of a batch comes when its position is committed."""
    store, log = MemoryStore(remembers=True), LogReader(redis)
    for number in range(store.batch_events + 1):
        append(number)
    heard: list[tuple[int, bool]] = []

    def advanced(batch: Batch) -> None:
        heard.append((len(batch.events), log.committed()["postgres"] == batch.position))

    drain(log, store, advanced)
    assert heard == [(store.batch_events, True), (1, True)]


def test_a_store_that_is_set_back_meanwhile_gets_no_hole(
    redis: Redis, append: Callable[..., str]
) -> None:
    """A batch that was read before the store was set back is refused, and the next drain heals."""
    store, log = MemoryStore(remembers=True), LogReader(redis)
    positions = [append(n) for n in range(3)]
    drain(log, store)
    positions += [append(n) for n in range(3, 5)]
    read = log.next_batch

    def set_back_meanwhile(position: str, count: int) -> Batch | None:
        batch = read(position, count)
        store.at, store.events = positions[0], store.events[:1]
        return batch

    with patch.object(log, "next_batch", set_back_meanwhile), pytest.raises(StoreUnavailableError):
        drain(log, store)
    assert drain(log, store) == 4
    assert [event.position for event in store.events] == positions


def test_the_logs_mark_follows_the_stores_own_position(
    redis: Redis, append: Callable[..., str]
) -> None:
    """Where a store was set back or restored, the log keeps what it needs from there on."""
    store, log = MemoryStore(remembers=True), LogReader(redis)
    positions = [append(n) for n in range(3)]
    drain(log, store)
    store.at, store.away = positions[0], True
    with pytest.raises(StoreUnavailableError):
        drain(log, store)
    assert log.committed()["postgres"] == positions[0]


def test_what_was_trimmed_before_a_store_came_is_counted(
    redis: Redis, append: Callable[..., str]
) -> None:
    """A store that begins late, or was away while the log was trimmed, shows what it missed."""
    store, log = MemoryStore(remembers=False), LogReader(redis)
    for number in range(1, 6):
        append(number)
    redis.xtrim("progress-events:log", maxlen=2, approximate=False)
    assert drain(log, store) == 2
    assert log.missed.by_store() == {"postgres": 3}
    for number in range(6, 10):
        append(number)
    redis.xtrim("progress-events:log", maxlen=1, approximate=False)
    assert drain(log, store) == 1
    assert drain(log, store) == 0
    assert log.missed.by_store() == {"postgres": 6}
    log.missed.forget("lake")
    log.missed.forget("postgres")
    assert log.missed.by_store() == {}


def test_a_restored_store_behind_the_log_shows_that_it_missed_something(
    redis: Redis, append: Callable[..., str]
) -> None:
    """A store that was set back to before the log's beginning has missed one event at least."""
    store, log = MemoryStore(remembers=True), LogReader(redis)
    first = append(1)
    for number in range(2, 6):
        append(number)
    drain(log, store)
    redis.xtrim("progress-events:log", maxlen=1, approximate=False)
    assert log.missed.by_store() == {}
    store.at = first
    store.away = True
    with pytest.raises(StoreUnavailableError):
        drain(log, store)
    store.away = False
    assert drain(log, store) == 1
    assert log.missed.by_store() == {"postgres": 1}


def test_the_log_goes_on_after_what_a_store_has(
    redis: Redis, append: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    """A new log whose clock is behind gives no event a position that a store has passed."""
    store, log = MemoryStore(remembers=True), LogReader(redis)
    store.at = "9999999999999-7"
    append(1)
    drain(log, store)
    assert "1 events came before that" in caplog.text
    last = append(2)
    assert last == "9999999999999-8"
    assert drain(log, store) == 1
    assert [event.position for event in store.events] == [last]
    assert log.lag(store.at).events == 0
