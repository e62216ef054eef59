"""The relay: what it does with each message of the channel, and the wake-ups."""

import json
from collections.abc import AsyncIterator, Iterator
from unittest.mock import AsyncMock, MagicMock

import pytest
from dramatiq.brokers.redis import RedisBroker
from redis import Redis

from flows.log_reader import LogReader
from flows.relay import Relay
from flows.wake_ups import WakeUps
from ingest_api.event_log import EventLog, open_redis

RUN = {"course_id": "demo", "student_id": "s1", "status": "ok"}


@pytest.fixture
async def log(redis_url: str) -> AsyncIterator[EventLog]:
    """Return the log of an empty Redis."""
    client = open_redis(redis_url)
    yield EventLog(client)
    await client.aclose()


@pytest.fixture
def relay(log: EventLog) -> Relay:
    """Return a relay whose wake-ups go nowhere."""
    return Relay(log, MagicMock(), MagicMock(), ("lake",))


async def test_a_published_event_is_adopted(relay: Relay, redis_client: Redis) -> None:
    """A message without a position is validated and appended, as if it had been posted."""
    await relay.take(json.dumps(RUN | {"room": 1}).encode())
    [(_, fields)] = redis_client.xrange("progress-events:log")
    stored = json.loads(fields["event"])
    assert (stored["student_id"], stored["extra"]) == ("s1", {"room": 1})
    assert stored["event_id"]
    assert stored["received_at"]


async def test_an_event_of_the_log_is_not_adopted_again(relay: Relay, redis_client: Redis) -> None:
    """A message with a log position is an event of the log: it only wakes the stores."""
    await relay.take(json.dumps(RUN | {"position": "1700000000000-0"}).encode())
    assert redis_client.exists("progress-events:log") == 0
    assert relay._heard.is_set()


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"not json", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff", "not JSON"),
        (b"7", "must be a JSON object"),
        (b'{"course_id":"demo"}', "student_id"),
        (json.dumps(RUN | {"position": "soon", "status": "fine"}).encode(), "status"),
        (
            json.dumps(RUN)[:-1].encode() + b', "x": ' + b"[" * 254 + b"]" * 254 + b"}",
            "nested deeper",
        ),
    ],
)
async def test_what_is_no_event_is_rejected_with_its_reason(
    relay: Relay, redis_client: Redis, message: bytes, reason: str
) -> None:
    """A message that can't become an event is set aside with its reason, and counted."""
    await relay.take(message)
    [(_, fields)] = redis_client.xrange("progress-events:rejected")
    assert reason in fields["reason"]
    assert fields["raw"] == message.decode(errors="replace")
    assert fields["source"] == "channel"
    assert redis_client.hget("progress-events:counts", "rejected") == "1"
    assert redis_client.exists("progress-events:log") == 0


async def test_it_publishes_what_it_adopts_on_the_right_channel() -> None:
    """With a mocked Redis: adopting calls the append step with the log and the channel."""
    redis = MagicMock()
    append = AsyncMock(return_value=[b"1-0"])
    redis.register_script.return_value = append
    await Relay(EventLog(redis), MagicMock(), MagicMock(), ()).take(json.dumps(RUN).encode())
    append.assert_awaited_once()
    call = append.await_args
    assert call is not None
    assert call.kwargs["keys"][0] == "progress-events:log"
    assert call.kwargs["args"][0] == "progress-events"


@pytest.fixture
def wake_ups(redis_url: str) -> Iterator[WakeUps]:
    """Return wake-ups by a real broker."""
    with Redis.from_url(redis_url, protocol=2) as redis:
        broker = RedisBroker(url=redis_url)
        yield WakeUps(redis, broker, ["lake", "postgres"])
        broker.client.connection_pool.disconnect()


def test_wake_ups_of_a_store_never_pile_up(wake_ups: WakeUps, redis_client: Redis) -> None:
    """Until a wake-up has arrived no second one is sent; each store has its own queue."""
    assert wake_ups.wake("lake")
    assert not wake_ups.wake("lake")
    assert wake_ups.wake("postgres")
    assert redis_client.llen("dramatiq:lake") == 1
    wake_ups.arrived("lake")
    assert wake_ups.wake("lake")
    wake_ups.arrived("postgres")
    wake_ups.hold("postgres")
    assert not wake_ups.wake("postgres")
    assert redis_client.llen("dramatiq:lake") == 2
    assert redis_client.llen("dramatiq:postgres") == 1


async def test_the_patrol_wakes_only_stores_that_are_behind(
    log: EventLog, redis_url: str, wake_ups: WakeUps, redis_client: Redis
) -> None:
    """Without any notification a store that is behind is woken, and one that is not is left."""
    with Redis.from_url(redis_url, protocol=2) as redis:
        reader = LogReader(redis)
        relay = Relay(log, reader, wake_ups, ("lake", "postgres"))
        await relay.take(json.dumps(RUN).encode())
        reader.add_groups(["lake", "postgres"])
        reader.commit("postgres", await log.last_position())
        relay._wake_those_behind()
    assert redis_client.llen("dramatiq:lake") == 1
    assert redis_client.llen("dramatiq:postgres") == 0
    assert redis_client.exists("cellpulse:alive:relay") == 1
