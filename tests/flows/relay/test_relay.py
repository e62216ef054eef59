"""The relay: what it does with each message of the channel, and the wake-ups."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any
from unittest.mock import AsyncMock, MagicMock, patch

import pytest
from dramatiq.brokers.redis import RedisBroker
from redis import Redis

from flows.log.reader import LogReader
from flows.relay.lease import Lease
from flows.relay.relay import NOT_KEPT, TOO_LARGE, Relay
from flows.settings import InfluxSettings, RelaySettings
from flows.worker.wake_ups import WakeUps
from ingest_api.event_log import LOG, Candidate, EventLog, LogUnavailableError, open_redis
from ingest_api.events import BODY_LIMIT
from ingest_api.preferences import Preferences, StudentPreferences, set_preferences
from ingest_api.pseudonymous_courses import PSEUDONYMOUS, PseudonymousCourses, Published
from ingest_api.registered_courses import RegisteredCourses

LOG_LIMIT = 1_000_000
SETTINGS = RelaySettings(
    CELLPULSE_REDIS_URL="redis://nowhere",
    CELLPULSE_LOG_LIMIT_BYTES=LOG_LIMIT,
    CELLPULSE_LOG_KEEP=0,
    influx=InfluxSettings(),
)
RUN = {"course_id": "demo", "student_id": "s1", "status": "ok"}


def _courses() -> tuple[RegisteredCourses, StudentPreferences, PseudonymousCourses]:
    """Return no registered and no pseudonymous course, and students who allow everything."""
    empty = AsyncMock(hgetall=AsyncMock(return_value={}), get=AsyncMock(return_value=None))
    return (
        RegisteredCourses(empty),
        StudentPreferences(empty),
        PseudonymousCourses(empty, key=None),
    )


@pytest.fixture
async def log(redis_url: str) -> AsyncIterator[EventLog]:
    """Return the log of an empty Redis."""
    client = open_redis(redis_url)
    yield EventLog(client, LOG_LIMIT)
    await client.aclose()


@pytest.fixture
def relay(log: EventLog) -> Relay:
    """Return a relay whose wake-ups go nowhere."""
    return Relay(log, *_courses(), MagicMock(), MagicMock(), SETTINGS)


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
        (b'[{"course_id":"demo"}]', "must be a JSON object"),
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
    assert not fields["reason"].startswith(":")
    assert fields["raw"] == message.decode(errors="replace")
    assert fields["source"] == "channel"
    assert redis_client.hget("progress-events:counts", "rejected") == "1"
    assert redis_client.exists("progress-events:log") == 0


async def test_a_message_that_is_too_large_is_not_kept(relay: Relay, redis_client: Redis) -> None:
    """JSON or not, past what the ingest takes as a request it is counted, and its reason kept."""
    largest = json.dumps(RUN | {"x": ""}).encode()
    largest = largest[:-2] + b"x" * (BODY_LIMIT - len(largest)) + largest[-2:]
    for message in (largest + b" ", b"x" * (4 * BODY_LIMIT), largest):
        relay.hear(message)
        await relay.take(relay._to_adopt.get_nowait())
    rejected = [fields for _, fields in redis_client.xrange("progress-events:rejected")]
    assert [fields["raw"] for fields in rejected] == [TOO_LARGE.decode()] * 2
    assert {fields["reason"] for fields in rejected} == {f"over {BODY_LIMIT} bytes"}
    assert redis_client.xlen("progress-events:log") == 1


def test_messages_that_wait_for_the_log_take_little_memory(
    relay: Relay, caplog: pytest.LogCaptureFixture
) -> None:
    """Past 32 MiB the newest are lost, and that is logged once."""
    for _ in range(40):
        relay.hear(b"x" * BODY_LIMIT)
    assert relay._to_adopt.qsize() == 32
    assert [record.levelname for record in caplog.records] == ["ERROR"]


async def test_no_more_of_an_event_is_adopted_than_its_student_allows(
    log: EventLog, redis_url: str, redis_client: Redis
) -> None:
    """What a student switched off is not kept by the channel either."""
    client = open_redis(redis_url)
    courses, _, pseudonymous = _courses()
    preferences = StudentPreferences(client)
    set_preferences(redis_client, "demo", "s1", Preferences(code=False))
    set_preferences(redis_client, "demo", "s2", Preferences(recording=False))
    await preferences.refresh()
    relay = Relay(log, courses, preferences, pseudonymous, MagicMock(), MagicMock(), SETTINGS)
    for student in ("s1", "s2", "s3"):
        await relay.take(json.dumps(RUN | {"student_id": student, "code": "x = 1"}).encode())
    await client.aclose()
    events = [json.loads(fields["event"]) for _, fields in redis_client.xrange(LOG)]
    assert [event.get("status") for event in events] == ["ok", None, "ok"]
    assert [event["type"] for event in events] == ["cell_run", "heartbeat", "cell_run"]
    assert [event.get("code") for event in events] == [None, None, "x = 1"]


@pytest.mark.parametrize(
    "message", [RUN, [RUN], [[RUN]], "s1", json.dumps(RUN)], ids=lambda message: str(message)[:9]
)
async def test_what_may_name_a_student_of_a_pseudonymous_course_is_not_kept(
    log: EventLog, redis_url: str, redis_client: Redis, message: Any
) -> None:
    """Neither an event nor what holds several, is cut off, or is nothing that can be read."""
    client = open_redis(redis_url)
    redis_client.set(PSEUDONYMOUS, Published(courses={"demo": ""}).model_dump_json())
    courses, preferences, _ = _courses()
    pseudonymous = PseudonymousCourses(client, key=None)
    await pseudonymous.refresh()
    relay = Relay(log, courses, preferences, pseudonymous, MagicMock(), MagicMock(), SETTINGS)
    whole = json.dumps(message).encode()
    for sent in (whole, whole + b"\n" + whole, whole[:-1]):
        await relay.take(sent)
    await client.aclose()
    rejected = [fields["raw"] for _, fields in redis_client.xrange("progress-events:rejected")]
    assert rejected == [NOT_KEPT.decode()] * 3
    assert not redis_client.exists(LOG)


async def test_it_publishes_what_it_adopts_on_the_right_channel() -> None:
    """With a mocked Redis: adopting calls the append step with the log and the channel."""
    redis = MagicMock()
    append = AsyncMock(return_value=[b"1-0"])
    redis.register_script.return_value = append
    await Relay(
        EventLog(redis, LOG_LIMIT),
        *_courses(),
        MagicMock(),
        MagicMock(),
        SETTINGS,
    ).take(json.dumps(RUN).encode())
    append.assert_awaited_once()
    call = append.await_args
    assert call is not None
    assert call.kwargs["keys"][0] == "progress-events:log"
    assert call.kwargs["args"][0] == "progress-events"


async def test_a_published_event_waits_while_the_log_is_full(
    relay: Relay, redis_client: Redis
) -> None:
    """The channel brings a message once only: it is held until the log takes it, and taken once."""
    big = json.dumps(RUN | {"code": "x" * 20_000}).encode()
    for _ in range(LOG_LIMIT // 20_000):
        await relay.take(big)
    full = redis_client.xlen("progress-events:log")
    taking = asyncio.create_task(relay.take(json.dumps(RUN).encode()))
    await asyncio.sleep(0)
    assert not taking.done()
    assert redis_client.xlen("progress-events:log") == full
    redis_client.xtrim("progress-events:log", maxlen=1, approximate=False)
    async with asyncio.timeout(60):
        await taking
    assert redis_client.xlen("progress-events:log") == 2


async def test_an_answer_that_got_lost_doubles_no_published_event(
    log: EventLog, redis_client: Redis
) -> None:
    """When Redis took an event but its answer did not come, the repeat is recognised."""
    append = log.append
    answers = [LogUnavailableError("Redis does not answer")]

    async def losing_an_answer(candidates: Sequence[Candidate]) -> list[str | None]:
        positions = await append(candidates)
        if answers:
            raise answers.pop()
        return positions

    with patch.object(log, "append", losing_an_answer):
        await Relay(log, *_courses(), MagicMock(), MagicMock(), SETTINGS).take(
            json.dumps(RUN).encode()
        )
    assert redis_client.xlen("progress-events:log") == 1


async def test_two_relays_adopt_a_message_once(redis_url: str, redis_client: Redis) -> None:
    """The newest relay adopts what both hear; the other one does when it is gone."""
    client = open_redis(redis_url)
    log = EventLog(client, LOG_LIMIT)
    relays = [Relay(log, *_courses(), MagicMock(), MagicMock(), SETTINGS) for _ in range(2)]
    leases = [Lease(client) for _ in relays]
    adopting = []
    async with asyncio.timeout(60):
        for relay, lease in zip(relays, leases, strict=True):
            adopting.append(asyncio.create_task(relay.adopt_what_was_heard(lease)))
            while not await lease.is_mine():
                await asyncio.sleep(0.01)
    assert [await lease.is_mine() for lease in leases] == [False, True]
    async with asyncio.timeout(60):
        for count in (1, 2):
            for relay in relays:
                relay.hear(json.dumps(RUN).encode())
            while redis_client.xlen("progress-events:log") < count or any(
                not relay._to_adopt.empty() for relay in relays
            ):
                await asyncio.sleep(0.01)
        assert redis_client.xlen("progress-events:log") == 2
        adopting[1].cancel()
        redis_client.expire("cellpulse:relay", 20_000)  # Redis' clock was set back
        relays[0].hear(json.dumps(RUN).encode())
        while redis_client.xlen("progress-events:log") < 3:
            await asyncio.sleep(0.01)
    adopting[0].cancel()
    await asyncio.gather(*adopting, return_exceptions=True)
    await client.aclose()


def test_a_full_log_keeps_the_relay_from_nothing_but_adopting(
    relay: Relay, caplog: pytest.LogCaptureFixture
) -> None:
    """Events of the log are heard at once, and what can't wait any longer is said to be lost."""
    for _ in range(10_003):
        relay.hear(json.dumps(RUN).encode())
    relay.hear(json.dumps(RUN | {"position": "1700000000000-0"}).encode())
    assert relay._heard.is_set()
    relay._to_adopt.get_nowait()
    relay.hear(json.dumps(RUN).encode())
    assert "3 messages of the channel were lost" in caplog.text


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


def test_maintenance_never_piles_up(wake_ups: WakeUps, redis_client: Redis) -> None:
    """While no worker runs one message waits, however often maintenance is asked for."""
    for _ in range(3):
        wake_ups.request_maintenance()
    assert redis_client.llen("dramatiq:maintenance") == 1
    wake_ups.arrived("maintenance")
    wake_ups.request_maintenance()
    assert redis_client.llen("dramatiq:maintenance") == 2


def test_a_clock_that_was_set_back_holds_back_no_wake_up(
    wake_ups: WakeUps, redis_client: Redis
) -> None:
    """A note that would last for hours was made by another clock, and counts no longer."""
    assert wake_ups.wake("lake")
    redis_client.expire("cellpulse:wake:lake", 7_200)
    assert wake_ups.wake("lake")
    assert not wake_ups.wake("lake")


async def test_the_patrol_wakes_only_stores_that_are_behind(
    log: EventLog, redis_url: str, wake_ups: WakeUps, redis_client: Redis
) -> None:
    """Without any notification a store that is behind is woken, and one that is not is left."""
    with Redis.from_url(redis_url, protocol=2) as redis:
        reader = LogReader(redis)
        relay = Relay(log, *_courses(), redis, wake_ups, SETTINGS)
        await relay.take(json.dumps(RUN).encode())
        reader.add_groups(["lake", "postgres"])
        reader.commit("postgres", await log.last_position())
        relay._wake_those_behind()
    assert redis_client.llen("dramatiq:lake") == 1
    assert redis_client.llen("dramatiq:postgres") == 0
    assert redis_client.exists("cellpulse:alive:relay") == 1
