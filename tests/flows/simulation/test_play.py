"""Playing a class through an ingest that is real HTTP, and not always there."""

import asyncio
import os
import signal
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.simulation import delivery
from flows.simulation.delivery import IngestRefusedError
from flows.simulation.plan import ClassPlan
from flows.simulation.play import play, play_until_signalled

#: So fast that a whole class is over in the first tick.
AT_ONCE = 1e6


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again sooner than in a real class."""
    monkeypatch.setattr(delivery, "_FIRST_WAIT_SECONDS", 0.01)


@pytest.fixture
def small_class(plan_sample: Callable[..., ClassPlan]) -> ClassPlan:
    """Return a class of 20 students and 20 minutes."""
    return plan_sample(students=20, minutes=20)


def seqs_by_session(events: list[dict[str, Any]]) -> dict[str, list[int]]:
    """Return the sequence numbers of each session, in the order of the events."""
    by_session = defaultdict(list)
    for event in events:
        by_session[event["session_id"]].append(event["seq"])
    return by_session


def assert_complete(accepted: list[dict[str, Any]], plan: ClassPlan) -> None:
    """Assert that every event of the plan arrived, once, in order, under its own number."""
    assert [(e["student_id"], e["seq"], e["notebook"], e["type"]) for e in accepted] == [
        (e.student_id, e.seq, e.notebook, e.type) for e in plan.events
    ]
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in seqs_by_session(accepted).values())


async def test_whole_class_arrives(ingest: Any, small_class: ClassPlan) -> None:
    """Every event of the plan is accepted, in batches, with the token, for the course."""
    report = await play(ingest.url, "secret", small_class, speed=AT_ONCE)
    assert_complete(ingest.accepted, small_class)
    assert report.accepted == report.planned == len(small_class.events)
    assert (report.duplicates, report.rejected, report.unsent) == (0, 0, 0)
    assert len(ingest.requests) < len(small_class.events) / 50
    assert max(len(request) for request in ingest.requests) <= 1_000
    assert ingest.authorization == "Bearer secret"
    assert {event["course_id"] for event in ingest.accepted} == {"demo"}


async def test_nothing_is_lost_while_the_ingest_is_away(
    ingest: Any, small_class: ClassPlan
) -> None:
    """After 503, an answer that never came and 429, every event is there once, as it was."""
    ingest.answers.extend([(503, {}), (0, {}), (429, {})])
    report = await play(ingest.url, "secret", small_class, speed=AT_ONCE)
    assert_complete(ingest.accepted, small_class)
    first, *repeats = ingest.requests[:4]
    assert all(repeat == first for repeat in repeats)
    assert report.duplicates == len(first)
    assert report.accepted + report.duplicates == report.planned


async def test_ingest_that_starts_later_gets_everything(
    silent_ingest: Any, small_class: ClassPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While connections are refused, events wait, with one warning, and nothing is lost."""
    warnings = []

    def start_on_warning(*message: object) -> None:
        warnings.append(message)
        silent_ingest.start()

    monkeypatch.setattr(delivery.logger, "warning", start_on_warning)
    report = await play(silent_ingest.url, "secret", small_class, speed=AT_ONCE)
    assert_complete(silent_ingest.accepted, small_class)
    assert (report.accepted, len(warnings)) == (report.planned, 1)


async def test_invalid_events_are_counted_and_the_rest_goes_on(
    ingest: Any, small_class: ClassPlan
) -> None:
    """Events that the ingest finds invalid are counted, with what was wrong with the first."""
    rejected = [{"index": i, "errors": [{"field": "seq"}]} for i in range(delivery.BATCH_EVENTS)]
    ingest.answers.append((422, {"accepted": 0, "duplicates": 0, "rejected": rejected}))
    report = await play(ingest.url, "secret", small_class, head_start_minutes=60)
    assert (report.rejected, report.unsent) == (delivery.BATCH_EVENTS, 0)
    assert report.accepted == report.planned - delivery.BATCH_EVENTS > 0
    assert report.first_rejection == "[{'field': 'seq'}]"


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [(401, {"detail": "no token"}, "HTTP 401.*: no token"), (200, {}, "not the answer of")],
)
async def test_refusal_ends_the_play(
    ingest: Any, small_class: ClassPlan, status: int, body: dict[str, Any], message: str
) -> None:
    """What would be refused again, such as a wrong token, ends the play and says why."""
    ingest.answers.append((status, body))
    with pytest.raises(IngestRefusedError, match=message):
        await play(ingest.url, "secret", small_class, speed=AT_ONCE)
    assert len(ingest.requests) == 1


async def test_head_start_is_sent_at_once_and_back_dated(
    ingest: Any, small_class: ClassPlan
) -> None:
    """The first ten minutes are there at the start, dated to the ten minutes before it."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    ingest.on_request = lambda: loop.call_soon_threadsafe(stop.set)
    before = datetime.now(UTC)
    report = await play(ingest.url, "secret", small_class, head_start_minutes=10, stop=stop)
    head = [event for event in small_class.events if event.at <= 600]
    assert report.accepted == len(ingest.accepted) == len(head) > 100
    assert report.unsent == report.planned - len(head)
    times = [datetime.fromisoformat(event["occurred_at"]) for event in ingest.accepted]
    start = before - timedelta(minutes=10)
    assert times == sorted(times)
    assert times[0] >= start
    for planned, time in zip(head, times, strict=True):
        assert time - times[0] == pytest.approx(
            timedelta(seconds=planned.at - head[0].at), abs=timedelta(milliseconds=1)
        )


async def test_stop_ends_the_waiting_for_an_ingest_that_is_away(
    ingest: Any, small_class: ClassPlan
) -> None:
    """A play that is stopped while the ingest is away ends and says what was not sent."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    ingest.answers.extend([(503, {})] * 100)
    ingest.on_request = lambda: len(ingest.requests) == 3 and loop.call_soon_threadsafe(stop.set)
    report = await play(ingest.url, "secret", small_class, speed=AT_ONCE, stop=stop)
    assert report.unsent == report.planned
    assert ingest.accepted == []


async def test_cancelled_play_sends_no_more(ingest: Any, small_class: ClassPlan) -> None:
    """A play whose task is cancelled ends there and then."""
    loop = asyncio.get_running_loop()
    playing = asyncio.create_task(play(ingest.url, "secret", small_class, head_start_minutes=10))
    ingest.on_request = lambda: loop.call_soon_threadsafe(playing.cancel)
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert len(ingest.requests) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_stops_the_play_cleanly(
    ingest: Any, small_class: ClassPlan, number: signal.Signals
) -> None:
    """On SIGINT or SIGTERM the request under way is finished and counted, and no other follows."""
    ingest.on_request = lambda: os.kill(os.getpid(), number)
    report = play_until_signalled(ingest.url, "secret", small_class, head_start_minutes=10)
    assert report.accepted == len(ingest.accepted) == len(ingest.requests[0])
    assert report.unsent == report.planned - report.accepted > 0
    assert len(ingest.requests) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {"url": "127.0.0.1:8000"},
        {"speed": 0},
        {"speed": float("nan")},
        {"head_start_minutes": -1},
    ],
)
async def test_unusable_argument_is_refused(
    small_class: ClassPlan, arguments: dict[str, Any]
) -> None:
    """An address, speed or head start that cannot be used is refused before anything is sent."""
    usable = {"url": "http://127.0.0.1", "token": "secret", "plan": small_class}
    with pytest.raises(ValueError, match="must"):
        await play(**{**usable, **arguments})
