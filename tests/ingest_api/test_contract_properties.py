"""What holds for every event, whatever a client sends: Hypothesis looks for one for which not."""

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import ValidationError

from ingest_api.event_log import Candidate
from ingest_api.events import EXTRA_CAP, EXTRA_DEPTH, TEXT_CAPS, ProgressEvent, StoredEvent

NOW = datetime(2026, 3, 1, 9, 30, 0, 7, tzinfo=UTC)
LEAST = {"course_id": "demo", "student_id": "s1", "status": "ok"}
FIELDS = sorted(ProgressEvent.model_fields)


def accepted(data: Any) -> StoredEvent | None:
    """Return what the log would hold of it, or None where it is refused with a reason."""
    try:
        event = ProgressEvent.model_validate(data)
    except ValidationError:
        return None
    return StoredEvent.model_validate_json(Candidate.encode(event, NOW).json)


def check_stored(stored: StoredEvent) -> None:
    text = stored.to_json()
    again = StoredEvent.model_validate_json(text)
    assert again.to_json() == text
    assert StoredEvent.model_validate(json.loads(text)).to_json() == text
    for name, cap in TEXT_CAPS.items():
        value = getattr(stored, name) or ""
        assert len(value) <= cap
        assert "\x00" not in value
        value.encode()
    assert len(stored.extra_json() or "") <= EXTRA_CAP


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@given(st.data())
def test_any_json_value_is_an_event_or_is_refused(
    json_values: SearchStrategy[Any], data: st.DataObject
) -> None:
    """No JSON value, alone or in a field, does anything but validate or be refused."""
    value = data.draw(json_values)
    accepted(value)
    for field in data.draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=4)):
        stored = accepted(LEAST | {field: value})
        if stored is not None:
            check_stored(stored)


@settings(max_examples=200)
@given(st.data())
def test_what_is_accepted_comes_back_the_same(
    sent_events: SearchStrategy[dict[str, Any]], data: st.DataObject
) -> None:
    """An accepted event is within its caps, storable, and reads back to the very same bytes."""
    stored = accepted(data.draw(sent_events))
    if stored is not None:
        check_stored(stored)


@given(st.data())
def test_what_was_cut_is_not_cut_again(
    sent_events: SearchStrategy[dict[str, Any]], data: st.DataObject
) -> None:
    """An event that went through the contract once goes through it again unchanged."""
    try:
        first = ProgressEvent.model_validate(data.draw(sent_events))
    except ValidationError:
        return
    sent_again = json.loads(first.model_dump_json(exclude_none=True))
    assert ProgressEvent.model_validate(sent_again) == first


@given(st.data())
def test_the_same_event_gives_the_same_bytes(
    sent_events: SearchStrategy[dict[str, Any]], data: st.DataObject
) -> None:
    """The order in which a client writes the fields of the contract does not matter."""
    sent = data.draw(sent_events)
    sent["event_id"] = "0190b5a0-0000-7000-8000-000000000001"
    first, second = accepted(sent), accepted(dict(reversed(sent.items())))
    if first is None or second is None:
        assert first is second
    else:
        assert _without_order(first) == _without_order(second)


def _without_order(stored: StoredEvent) -> Any:
    if stored.extra is None and stored.truncated is None:
        return stored.to_json()
    return json.dumps(json.loads(stored.to_json()), sort_keys=True)


@given(st.integers(0, 2_000))
@example(EXTRA_DEPTH)
@example(EXTRA_DEPTH + 1)
@example(199)
@example(254)
def test_what_is_nested_too_deeply_to_be_read_back_is_refused(depth: int) -> None:
    """Nesting that the log's readers could not follow never gets into the log, and gives no 500."""
    stored = accepted(LEAST | {"x": nested(depth)})
    assert (stored is None) == (depth > EXTRA_DEPTH)
    if stored is not None:
        check_stored(stored)


@pytest.mark.parametrize(
    "number", [math.nan, math.inf, -math.inf, pytest.param(10**5_000, id="10**5000")]
)
@pytest.mark.parametrize("field", ["duration_ms", "seq", "points", "schema_version", "occurred_at"])
def test_numbers_that_are_none_are_refused(field: str, number: float) -> None:
    """NaN, infinities and integers without end are refused in each field of the contract."""
    assert accepted(LEAST | {"session_id": "k", "seq": 1, field: number}) is None
    assert accepted(LEAST | {"x": [number]}) is None
