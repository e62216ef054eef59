"""When the events of a plan happen on the wall clock, and their ids."""

from datetime import UTC, datetime, timedelta

from flows.simulation.plan import ClassPlan
from flows.simulation.timetable import Timetable

STARTED_AT = datetime(2025, 3, 4, 9, 0, tzinfo=UTC)


def test_head_start_is_back_dated(lesson: ClassPlan) -> None:
    """With a head start the class began earlier, and what is left of it lies ahead."""
    timetable = Timetable(lesson, STARTED_AT, speed=1, head_start=30 * 60)
    for planned in lesson.events:
        expected = STARTED_AT + timedelta(seconds=planned.at - 30 * 60)
        assert abs(timetable.to_event(planned).occurred_at - expected) < timedelta(milliseconds=1)


def test_speed_compresses_the_class(lesson: ClassPlan) -> None:
    """At speed 10 an event of the 60th minute happens 6 minutes after the start."""
    timetable = Timetable(lesson, STARTED_AT, speed=10, head_start=0)
    assert timetable.seconds_until(3600, 0) == 360
    assert timetable.reached(360) == 3600


def test_event_is_the_same_whenever_it_is_made(lesson: ClassPlan) -> None:
    """An event that is made twice has the same ids, so that a repeat is recognised."""
    one, other = (Timetable(lesson, STARTED_AT, speed=1, head_start=0) for _ in range(2))
    planned = lesson.events[100]
    assert one.to_event(planned) == other.to_event(planned)


def test_two_plays_share_no_id(lesson: ClassPlan) -> None:
    """The same class played again later has other event ids and other sessions."""
    later = STARTED_AT + timedelta(microseconds=1)
    plays = [Timetable(lesson, start, speed=1, head_start=0) for start in (STARTED_AT, later)]
    events = [play.to_event(planned) for play in plays for planned in lesson.events]
    assert len({event.event_id for event in events}) == 2 * len(lesson.events)
    sessions = [
        {event.session_id for event in half}
        for half in (events[: len(lesson.events)], events[len(lesson.events) :])
    ]
    assert sessions[0].isdisjoint(sessions[1])


def test_event_ids_are_uuid7_of_the_moment(lesson: ClassPlan) -> None:
    """Event ids are UUIDs of version 7 that carry the time of the event."""
    event = Timetable(lesson, STARTED_AT, speed=1, head_start=0).to_event(lesson.events[0])
    assert event.event_id.version == 7
    assert event.event_id.int >> 80 == int(event.occurred_at.timestamp() * 1000)
