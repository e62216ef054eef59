"""What is read back of the log without the model is what the model reads."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import ValidationError

from bench.stored import stored_events
from ingest_api.compiled_stored import decode_stored
from ingest_api.events import ProgressEvent, StoredEvent

NOW = datetime(2026, 3, 1, 9, 30, 0, 7, tzinfo=UTC)
LEAST = json.loads(
    StoredEvent.accept(ProgressEvent(course_id="demo", student_id="s1", status="ok"), NOW).to_json()
)


def check_same(stored: bytes) -> bool:
    """Compare with the model; tell whether the model was not needed."""
    read = decode_stored(stored)
    if read is None:
        return False
    model = StoredEvent.model_validate_json(stored)
    assert read == model
    assert read.to_json() == model.to_json()
    assert {name: type(value) for name, value in read} == {
        name: type(value) for name, value in model
    }
    return True


def test_what_a_class_sends_needs_no_model() -> None:
    """The ordinary event, with what the hook tells beside, takes the quick way."""
    for logged in stored_events(200, 1):
        assert check_same(logged.event.to_json().encode())
    beside = LEAST | {"extra": {"error_line": 3, "exercise_by": "tag"}}
    assert check_same(json.dumps(beside).encode())


@settings(max_examples=200)
@given(st.data())
def test_any_event_that_was_accepted_is_read_the_same(
    sent_events: SearchStrategy[dict[str, Any]], data: st.DataObject
) -> None:
    """Of odd events, too, escaped and not."""
    try:
        event = ProgressEvent.model_validate(data.draw(sent_events))
    except ValidationError:
        return
    stored = StoredEvent.accept(event, NOW).to_json()
    check_same(stored.encode())
    check_same(json.dumps(json.loads(stored)).encode())


@settings(max_examples=200)
@given(st.data())
def test_what_others_wrote_into_the_log_is_left_to_the_model_or_read_the_same(
    json_values: SearchStrategy[Any], data: st.DataObject
) -> None:
    """Whatever value a field has, and whatever else an entry may be."""
    value = data.draw(json_values)
    check_same(json.dumps(value).encode())
    odd = st.sampled_from((0, 1, 1.0, "1", True, 2**53, 2**70, "x", "2026-02-30T00:00:00Z"))
    fields = st.sampled_from([*StoredEvent.model_fields, "not_known"])
    changes = data.draw(st.dictionaries(fields, json_values | odd, max_size=3))
    check_same(json.dumps(LEAST | {"session_id": "k", "seq": 1} | changes).encode())
    check_same(json.dumps(LEAST | {"extra": {"a": value, "b": data.draw(odd)}}).encode())
    short = {name: LEAST[name] for name in LEAST if name != data.draw(st.sampled_from([*LEAST]))}
    check_same(json.dumps(short).encode())


def test_what_is_no_json_is_left_to_the_model() -> None:
    """So that the reason it is set aside with is the model's."""
    for stored in (b"", b"{", b"\xff", b"[]", b'{"a": "\xed\xa0\x80"}'):
        assert decode_stored(stored) is None
