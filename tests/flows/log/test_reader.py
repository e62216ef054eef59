"""The log as the stores see it, on a real Redis."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from redis import Redis

from flows.log.figures import event_counts
from flows.log.logged_event import START, LoggedEvent
from flows.log.reader import BATCH_BYTES, LogReader

Make = Callable[..., LoggedEvent]
STORES = ["influxdb", "postgres", "lake"]


def test_a_new_group_begins_at_the_start_and_an_old_one_stays(
    log: LogReader, append: Callable[[int], list[str]]
) -> None:
    """Groups begin before the first event; making them again moves none."""
    positions = append(3)
    assert log.committed() == dict.fromkeys(STORES, START)
    log.commit("lake", positions[1])
    log.add_groups(STORES)
    assert log.committed()["lake"] == positions[1]


def test_batches_follow_each_other_to_the_end(
    log: LogReader, append: Callable[[int], list[str]]
) -> None:
    """Reading from the last position gives each event once, then None."""
    positions = append(5)
    first = log.next_batch(START, 3)
    assert first is not None
    second = log.next_batch(first.position, 3)
    assert second is not None
    assert [e.position for e in [*first.events, *second.events]] == positions
    assert log.next_batch(second.position, 3) is None


def test_a_batch_of_large_events_ends_early(log: LogReader, redis: Redis, event: Make) -> None:
    """A batch stays under its limit in bytes, and one event always fits."""
    stored = event(0, code="学" * 20_000).event.to_json()
    assert 100 * len(stored.encode()) < BATCH_BYTES < 200 * len(stored.encode())
    for offset in range(200):
        redis.xadd("progress-events:log", {"event": stored, "offset": offset + 1})
    sizes, position = [], START
    while batch := log.next_batch(position, 2_000):
        sizes.append(len(batch.events))
        position = batch.position
    assert sum(sizes) == 200
    assert len(sizes) > 1
    assert max(sizes) * len(stored.encode()) <= BATCH_BYTES


def test_an_unreadable_entry_is_set_aside_with_its_reason(
    log: LogReader, redis: Redis, append: Callable[[int], list[str]]
) -> None:
    """What is in the log but is no event goes to the rejected stream; the others go on."""
    append(1)
    redis.xadd("progress-events:log", {"event": "{}", "offset": 2})
    batch = log.next_batch(START, 10)
    assert batch is not None
    assert len(batch.events) == 1
    [(_, fields)] = redis.xrange("progress-events:rejected")
    assert fields[b"raw"] == b"{}"
    assert b"course_id" in fields[b"reason"]
    assert event_counts(redis)["rejected"] == 1


def test_an_unreadable_entry_is_set_aside_once_for_all_stores(
    log: LogReader, redis: Redis, append: Callable[[int], list[str]]
) -> None:
    """However often and by whichever store it is read, it is set aside and counted once."""
    append(2)
    bad = str(redis.xadd("progress-events:log", {"event": "{}", "offset": 3}), "ascii")
    append(1)
    for _ in range(3):
        batch = log.next_batch(START, 10)
        assert batch is not None
        assert batch.unreadable == [bad]
    assert redis.xlen("progress-events:rejected") == 1
    assert event_counts(redis)["rejected"] == 1
    first, second = batch.halves()
    assert ([*first.unreadable], [*second.unreadable]) == ([], [bad])


def test_what_follows_an_event_of_the_same_student(
    log: LogReader, redis: Redis, event: Make
) -> None:
    """Only the student's own later events of the course, in order; None once it was trimmed."""
    students = ["s1", 's"2', "s1", 's"2', 's"2']
    positions = [
        str(
            redis.xadd(
                "progress-events:log",
                {"event": event(n, student_id=student).event.to_json(), "offset": n + 1},
            ),
            "ascii",
        )
        for n, student in enumerate(students)
    ]
    late = LoggedEvent(positions[1], event(1, student_id='s"2').event)
    later = log.later_of_student(late)
    assert later is not None
    assert [e.position for e in later] == positions[3:]
    redis.xtrim("progress-events:log", maxlen=3, approximate=False)
    assert log.later_of_student(late) is None


def test_lag_is_counted_in_events_and_seconds(
    log: LogReader, append: Callable[[int], list[str]]
) -> None:
    """A store that has all has no lag; one that has none lags by all of them."""
    assert log.lag(START).events == 0
    positions = append(4)
    assert log.lag(START).events == 4
    assert log.lag(positions[0]).events == 3
    assert log.lag(positions[0]).seconds >= 0
    assert log.lag(positions[-1]).events == 0


def test_entries_from_the_future_are_not_called_waiting_for_hours(
    log: LogReader, redis: Redis, event: Make
) -> None:
    """Where the log's clock was set back, the ingest's clock tells how long an event has waited."""
    now = datetime.now(UTC)
    late = event(0).event.model_copy(update={"received_at": now - timedelta(seconds=20)})
    future = f"{int((now.timestamp() + 9_000) * 1000)}-0"
    redis.xadd("progress-events:log", {"event": late.to_json(), "offset": 1}, id=future)
    assert 20 <= log.lag(START).seconds < 1_000


def test_a_clock_of_ours_that_is_behind_hides_no_lag(
    log: LogReader, redis: Redis, event: Make
) -> None:
    """Where everything came from the future, a store that is behind does not look well."""
    ahead = datetime.now(UTC) + timedelta(hours=2)
    stored = event(0).event.model_copy(update={"received_at": ahead}).to_json()
    future = f"{int(ahead.timestamp() * 1000)}-0"
    redis.xadd("progress-events:log", {"event": stored, "offset": 1}, id=future)
    assert log.lag(START).seconds > 1_000


def test_stored_json_is_what_the_ingest_wrote(event: Make) -> None:
    """Decoding an entry gives back the event that was stored."""
    logged = event(0, room="B12")
    stored: dict[str, Any] = json.loads(logged.event.to_json())
    assert stored["extra"] == {"room": "B12"}
    assert LoggedEvent.decode(logged.position, logged.event.to_json()) == logged
