"""Who announces that the numbers have moved, against a real Redis."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from redis import Redis

from flows.log.batch import Batch
from flows.log.logged_event import START, LoggedEvent
from flows.log.reader import LogReader
from flows.worker.rollup_signal import announce_batch

Heard = Callable[[], list[Any]]


@pytest.fixture
def heard(redis: Redis) -> Iterator[Heard]:
    """Return a function that returns what was announced since it was last called."""
    with redis.pubsub(ignore_subscribe_messages=True) as subscriber:
        subscriber.subscribe("rollups-advanced")
        subscriber.get_message(timeout=30)

        def new() -> list[Any]:
            redis.publish("rollups-advanced", "null")  # the last one; what is before it has come
            messages = iter(lambda: json.loads(subscriber.get_message(timeout=30)["data"]), None)
            return list(messages)

        yield new


def test_the_last_of_two_stores_to_have_an_event_announces_it(
    redis: Redis, log: LogReader, append: Callable[[int], list[str]], heard: Heard
) -> None:
    """Who asked after the first one would have to ask again after the second."""
    places = append(4)
    whole = log.next_batch(START, 10)
    assert whole is not None
    announce_batch(redis, log, whole, "lake")
    assert heard() == []
    log.commit("lake", places[0])
    announce_batch(redis, log, whole, "lake")
    assert heard() == [{"position": places[-1], "courses": ["demo"]}]


def test_one_that_has_only_what_came_before_is_waited_for(
    redis: Redis, log: LogReader, append: Callable[[int], list[str]], heard: Heard
) -> None:
    """It will announce the batch itself, for it will find that the first one has it."""
    places = append(4)
    log.commit("lake", places[1])
    later = log.next_batch(places[1], 10)
    assert later is not None
    announce_batch(redis, log, later, "lake")
    assert heard() == []


def test_one_that_is_long_behind_is_not_waited_for(
    redis: Redis, log: LogReader, event: Callable[..., LoggedEvent], heard: Heard
) -> None:
    """What comes from the other store alone is shown meanwhile."""
    old = event(0)
    redis.xadd("progress-events:log", {"event": old.event.to_json(), "offset": 1}, id=old.position)
    batch = log.next_batch(START, 10)
    assert batch is not None
    announce_batch(redis, log, batch, "lake")
    assert heard() == [{"position": old.position, "courses": ["demo"]}]


def test_a_batch_without_an_event_is_nothing_new(
    redis: Redis, log: LogReader, heard: Heard
) -> None:
    """What could not be read is in no answer."""
    announce_batch(redis, log, Batch([], "5-0", ["5-0"]), "lake")
    assert heard() == []
