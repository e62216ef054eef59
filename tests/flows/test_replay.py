"""Replaying what was set aside, on a real Redis."""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any
from unittest.mock import AsyncMock

import pytest
from redis import Redis

from flows.log.logged_event import LoggedEvent
from flows.log.reader import LogReader
from flows.log.rejected import NoSuchEntryError, RejectedStream
from flows.replay import Outcome, Replay
from flows.stores.store import Later, PoisonEventError, StoreUnavailableError
from ingest_api.event_log import EventLog, open_redis
from ingest_api.preferences import Preferences, set_preferences
from ingest_api.pseudonymous_courses import PseudonymousCourses
from ingest_api.registered_courses import RegisteredCourses

Make = Callable[..., LoggedEvent]
RUN = {"course_id": "demo", "student_id": "s1", "status": "ok"}


class LateStore:
    """Takes late events once, as real stores do, unless it is told not to."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.had: list[LoggedEvent] = []
        self.fails: Exception | None = None

    def apply(
        self,
        events: Sequence[LoggedEvent],
        position: str,
        skipped: Sequence[str] = (),
        *,
        after: str | None = None,
    ) -> None:
        raise NotImplementedError

    def apply_late(self, logged: LoggedEvent, later: Later) -> None:
        assert later(logged) is None
        if self.fails:
            raise self.fails
        if logged not in self.had:
            self.had.append(logged)

    def position(self) -> str | None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """Return a client that gives bytes."""
    with Redis.from_url(redis_url, protocol=2) as client:
        yield client


@pytest.fixture
async def log(redis_url: str) -> AsyncIterator[EventLog]:
    """Return the log of an empty Redis."""
    client = open_redis(redis_url)
    yield EventLog(client, 400_000_000)
    await client.aclose()


@pytest.fixture
def stores() -> list[LateStore]:
    """Return two stores."""
    return [LateStore("postgres"), LateStore("lake")]


def _courses() -> tuple[RegisteredCourses, PseudonymousCourses]:
    """Return no registered and no pseudonymous course."""
    empty = AsyncMock(hgetall=AsyncMock(return_value={}), get=AsyncMock(return_value=None))
    return RegisteredCourses(empty), PseudonymousCourses(empty, key=None)


@pytest.fixture
def replay(redis: Redis, log: EventLog, stores: list[LateStore]) -> Callable[..., Any]:
    """Return a function that replays all that was set aside."""

    async def run(**patch: Any) -> list[Outcome]:
        work = Replay(redis, log, *_courses(), stores)
        return [await work.replay(entry, patch) for entry in RejectedStream(redis).all()]

    return run


async def test_what_came_by_the_channel_is_validated_again_and_appended(
    redis: Redis, log: EventLog, replay: Callable[..., Any]
) -> None:
    """With its fault patched it is in the log, dated to its arrival, and no longer set aside."""
    await log.reject(json.dumps(RUN | {"status": "fine", "room": 1}), "status", source="channel")
    [entry] = RejectedStream(redis).all()
    [refused] = await replay()
    assert not refused.replayed
    assert "status" in refused.note
    assert redis.xlen("progress-events:rejected") == 1
    [done] = await replay(status="ok")
    assert done.replayed
    [(position, fields)] = redis.xrange("progress-events:log")
    assert position.decode() in done.note
    stored = json.loads(fields[b"event"])
    assert (stored["status"], stored["extra"]) == ("ok", {"room": 1})
    assert LoggedEvent.decode("1-0", fields[b"event"]).event.occurred_at == entry.set_aside_at
    assert redis.xlen("progress-events:rejected") == 0


async def test_no_more_is_replayed_than_the_student_allows_by_now(
    redis: Redis, log: EventLog, replay: Callable[..., Any]
) -> None:
    """What a student switched off since an event was set aside is not kept."""
    await log.reject(json.dumps(RUN | {"code": "x = 1"}), "a reason", source="channel")
    set_preferences(redis, "demo", "s1", Preferences(code=False))
    [done] = await replay()
    assert done.replayed
    [(_, fields)] = redis.xrange("progress-events:log")
    stored = json.loads(fields[b"event"])
    assert (stored["status"], stored.get("code")) == ("ok", None)


@pytest.mark.parametrize("more", [{}, {"session_id": "k", "seq": 1}])
async def test_an_entry_that_is_replayed_twice_is_in_the_log_once(
    redis: Redis, log: EventLog, stores: list[LateStore], more: dict[str, Any]
) -> None:
    """Two operators who replay the same entry at once make one event of it."""
    await log.reject(json.dumps(RUN | more), "a reason", source="channel")
    [entry] = RejectedStream(redis).all()
    work = Replay(redis, log, *_courses(), stores)
    assert (await work.replay(entry, {})).replayed
    assert (await work.replay(entry, {})).note == "the log has it already"
    assert redis.xlen("progress-events:log") == 1


async def test_an_event_leaves_the_rejected_stream_only_with_the_step_that_appends_it(
    redis: Redis, log: EventLog, replay: Callable[..., Any]
) -> None:
    """When the step fails in its middle, the entry is still there and can be replayed later."""
    await log.reject(json.dumps(RUN | {"session_id": "k", "seq": 1}), "a reason", source="channel")
    redis.set("progress-events:counts", "not a hash")
    with pytest.raises(Exception, match="Redis refuses"):
        await replay()
    assert redis.xlen("progress-events:rejected") == 1
    redis.delete("progress-events:counts")
    assert (await replay())[0].replayed
    assert redis.xlen("progress-events:log") == 1


async def test_what_one_store_refused_goes_to_that_store_at_its_own_place(
    redis: Redis, replay: Callable[..., Any], stores: list[LateStore], event: Make
) -> None:
    """It stays while the store is away or refuses it; then that store has it and no other."""
    logged = event(3, room="B12")
    LogReader(redis).reject(
        logged.event.to_json(), "too long", source="postgres", at=logged.position
    )
    postgres, lake = stores
    for failure in (StoreUnavailableError("away"), PoisonEventError("too long")):
        postgres.fails = failure
        [refused] = await replay()
        assert (refused.replayed, refused.note) == (False, str(failure))
    postgres.fails = None
    [refused] = await replay(status="error")
    assert "can't be patched" in refused.note
    [done] = await replay()
    assert done.replayed
    assert (postgres.had, lake.had) == ([logged], [])
    assert redis.xlen("progress-events:rejected") == 0
    # Should the store come to it once more and refuse it, it is set aside anew.
    LogReader(redis).reject(
        logged.event.to_json(), "too long", source="postgres", at=logged.position
    )
    assert redis.xlen("progress-events:rejected") == 1


async def test_what_no_store_could_read_goes_to_each(
    redis: Redis, replay: Callable[..., Any], stores: list[LateStore], event: Make
) -> None:
    """Once it can be read, every store gets it; one that fails keeps it, and the other is safe."""
    logged = event(3)
    raw = json.dumps(json.loads(logged.event.to_json()) | {"type": "dance"})
    LogReader(redis).reject(raw, "not an event", source="log", at=logged.position)
    [refused] = await replay()
    assert "type" in refused.note
    stores[1].fails = StoreUnavailableError("away")
    assert not (await replay(type="cell_run"))[0].replayed
    stores[1].fails = None
    assert (await replay(type="cell_run"))[0].replayed
    assert [store.had for store in stores] == [[logged], [logged]]


async def test_a_store_that_is_not_in_use_is_named(
    redis: Redis, replay: Callable[..., Any], event: Make
) -> None:
    """What InfluxDB refused can't be replayed where there is no InfluxDB, and stays."""
    LogReader(redis).reject(event(0).event.to_json(), "a reason", source="influxdb", at="1-0")
    assert "influxdb is not in use" in (await replay())[0].note
    assert redis.xlen("progress-events:rejected") == 1


def test_entries_are_listed_newest_first_and_named_by_id(redis: Redis) -> None:
    """Over many pages, by source, with a limit; a wrong id is named."""
    for number in range(1_100):
        redis.xadd(
            "progress-events:rejected", {"raw": str(number), "reason": "r", "source": "channel"}
        )
    LogReader(redis).reject(b"\xff", "bytes", source="log", at="5-1")
    stream = RejectedStream(redis)
    assert [entry.raw for entry in stream.newest(2)] == [b"\xff", b"1099"]
    assert [entry.raw for entry in stream.newest(2, "channel")] == [b"1099", b"1098"]
    assert len(stream.newest(5_000, "channel")) == 1_100
    [entry] = stream.newest(1)
    assert (entry.position, entry.source) == ("5-1", "log")
    assert stream.named([entry.entry_id]) == [entry]
    for wrong in ("0-1", "last"):
        with pytest.raises(NoSuchEntryError, match=wrong):
            stream.named([wrong])
    assert stream.drop(stream.all("channel")) == 1_100
    assert redis.hget("progress-events:counts", "dropped") == b"1100"
    assert stream.all() == [entry]
