"""What a worker does without any message: the patrol and the watchdog."""

import threading
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import MagicMock

import pytest
from redis import Redis
from redis.exceptions import OutOfMemoryError

from flows.log.logged_event import LoggedEvent
from flows.log.reader import LogReader
from flows.worker.drainer import Drainer
from flows.worker.patrol import Patrol, Watchdog
from flows.worker.wake_ups import WakeUps
from tests.flows.memory_store import MemoryStore

Make = Callable[..., LoggedEvent]


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """Return a client that gives bytes; Redis has its memory back at the end."""
    with Redis.from_url(redis_url, protocol=2) as client:
        limit: Any = client.config_get("maxmemory")
        yield client
        client.config_set("maxmemory", limit["maxmemory"])


@pytest.fixture
def append(redis: Redis, event: Make) -> Callable[[int], str]:
    """Return a function that appends one event and returns its position."""

    def add(number: int) -> str:
        entry = {"event": event(number).event.to_json(), "offset": number + 1}
        return str(redis.xadd("progress-events:log", entry), "ascii")

    return add


@pytest.mark.parametrize("remembers", [True, False])
def test_a_store_catches_up_while_redis_memory_is_full(
    redis: Redis, append: Callable[[int], str], wait_until: Callable[..., None], remembers: bool
) -> None:
    """Without a message, and while Redis takes no write, a store that is behind is drained."""
    store, log = MemoryStore(remembers=remembers), LogReader(redis)
    log.add_groups([store.name])
    last = [append(n) for n in range(3)][-1]
    redis.config_set("maxmemory", 1)
    with pytest.raises(OutOfMemoryError):
        redis.set("any", 1)
    patrol = Patrol(log, WakeUps(redis, MagicMock(), [store.name]))
    patrol.start([Drainer(log, store)])
    try:
        wait_until(lambda: log.committed()[store.name] == last, "the store")
    finally:
        patrol.stop(5)
    assert len(store.events) == 3


def test_only_a_store_that_does_not_move_is_drained(
    redis: Redis, append: Callable[[int], str]
) -> None:
    """The patrol leaves a store to its actor as long as that one gets on."""
    store, log = MemoryStore(remembers=True), LogReader(redis)
    log.add_groups([store.name])
    patrol, drainer = Patrol(log, MagicMock()), Drainer(log, store)
    first = append(0)
    at = patrol.look(drainer, None)
    second, last = append(1), append(2)
    store.apply([], second)
    log.commit(store.name, second)
    at = patrol.look(drainer, at)
    assert (at, len(store.events)) == (second, 1)
    assert patrol.look(drainer, at) == last
    assert [event.position for event in store.events] == [first, last]


def test_a_store_that_was_set_back_is_noticed_without_a_new_event(
    redis: Redis, append: Callable[[int], str]
) -> None:
    """Now and then the store itself is asked where it is, whatever the log holds of it."""
    store, log = MemoryStore(remembers=True), LogReader(redis)
    log.add_groups([store.name])
    patrol, drainer = Patrol(log, MagicMock()), Drainer(log, store)
    first, last = append(0), append(1)
    assert patrol.look(drainer, None) == last
    store.at = first
    assert patrol.look(drainer, last) == last
    assert store.at == first
    patrol.look(drainer, None)
    assert store.at == last


def test_the_patrol_lets_the_next_message_come(redis: Redis, append: Callable[[int], str]) -> None:
    """A wake-up that is held back, by a clock that jumped, holds back no other one."""
    store, log = MemoryStore(remembers=True), LogReader(redis)
    log.add_groups([store.name])
    append(0)
    wake_ups = WakeUps(redis, MagicMock(), [store.name])
    redis.set("cellpulse:wake:postgres", "1", ex=20_000)
    patrol, drainer = Patrol(log, wake_ups), Drainer(log, store)
    patrol.look(drainer, patrol.look(drainer, None))
    assert wake_ups.wake("postgres")


def test_the_watchdog_finds_a_drain_that_does_not_move(
    redis: Redis, append: Callable[[int], str]
) -> None:
    """A drain that hangs is named after some looks; one that moves or is over is not."""
    store, log = MemoryStore(remembers=True), LogReader(redis)
    append(0)
    entered, let_go = threading.Event(), threading.Event()

    def hang(_: object) -> None:
        entered.set()
        let_go.wait(30)

    drainer = Drainer(log, store, hang)
    watchdog = Watchdog([drainer], patience=2)
    assert [watchdog.look() for _ in range(3)] == [None] * 3
    thread = threading.Thread(target=drainer.run)
    thread.start()
    entered.wait(30)
    assert [watchdog.look() for _ in range(3)] == [None, None, "postgres"]
    let_go.set()
    thread.join(30)
    assert watchdog.look() is None
