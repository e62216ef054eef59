"""Decoding for several stores: each entry once, and never another one's event."""

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from flows.log.decoded_events import DecodedEvents
from flows.log.logged_event import LoggedEvent

Make = Callable[..., LoggedEvent]


def test_an_entry_is_decoded_once(event: Make) -> None:
    """The second store gets the same event as the first."""
    stored = event(0).event.to_json().encode()
    decoded = DecodedEvents()
    first = decoded.decode("1-0", stored)
    assert first == LoggedEvent.decode("1-0", stored)
    assert decoded.decode("1-0", stored) is first


def test_another_entry_at_the_same_place_is_decoded_anew(event: Make) -> None:
    """A log that was restored may hold another event at a position that was read before."""
    decoded = DecodedEvents()
    for student in ("s1", "s2", "s1"):
        logged = event(0, student_id=student)
        found = decoded.decode("1-0", logged.event.to_json().encode())
        assert found.event == logged.event


def test_the_oldest_is_forgotten_first(event: Make) -> None:
    """What is kept stays under its bytes, and an event that is larger than all of them passes."""
    small = event(0).event.to_json().encode()
    decoded = DecodedEvents(kept_bytes=3 * len(small))
    found = [decoded.decode(f"{place}-0", small) for place in range(4)]
    assert decoded.decode("3-0", small) is found[3]
    assert decoded.decode("0-0", small) is not found[0]
    large = event(0, code="x" * 10_000)
    assert decoded.decode("9-0", large.event.to_json().encode()).event == large.event
    assert decoded.decode("3-0", small) is not found[3]


def test_what_is_no_event_is_refused_each_time() -> None:
    """An entry that can't be decoded is not remembered as anything."""
    decoded = DecodedEvents()
    for _ in range(2):
        with pytest.raises(ValidationError):
            decoded.decode("1-0", b"{}")
