"""The compiled contract takes only what the model takes, and stores the very same bytes."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from bench.events import cell_runs
from ingest_api.compiled_contract import decode_events, stored_json, stored_time
from ingest_api.events import TEXT_CAPS, ProgressEvent, StoredEvent

NOW = datetime(2026, 3, 1, 9, 30, 0, 7, tzinfo=UTC)
MADE = UUID("0190b5a0-0000-7000-8000-000000000001")
LEAST = {"course_id": "demo", "student_id": "s1", "status": "ok"}
FIELDS = sorted(ProgressEvent.model_fields)


def check_body(body: bytes) -> int:
    """Compare with the model what the decoder takes of a body, and return how many events."""
    compiled = decode_events(body)
    if compiled is None:
        return 0
    sent = json.loads(body)
    events = sent if isinstance(sent, list) else [sent]
    assert len(events) == len(compiled)
    taken = 0
    for data, event in zip(events, compiled, strict=True):
        if event is not None:
            taken += 1
            check_same(data, event)
    return taken


def check_same(data: Any, event: Any) -> None:
    judged = ProgressEvent.model_validate(data)
    for name in ("course_id", "student_id", "session_id", "seq", "exercise", "type"):
        assert getattr(event, name) == getattr(judged, name)
    if event.event_id is None:
        event.event_id = MADE
        judged = judged.model_copy(update={"event_id": MADE})
    stored = StoredEvent.accept(judged, NOW).to_json().encode()
    assert stored_json(event, stored_time(NOW)) == stored


@settings(max_examples=150)
@given(st.data())
def test_what_it_takes_is_stored_as_the_model_stores_it(
    sent_events: SearchStrategy[dict[str, Any]], data: st.DataObject
) -> None:
    """Of odd events, alone and together, escaped and not, the stored bytes are the model's."""
    events = data.draw(st.lists(sent_events, min_size=1, max_size=3))
    check_body(json.dumps(events).encode())
    check_body(json.dumps(events[0], ensure_ascii=False).encode("utf-8", "surrogatepass"))


@settings(max_examples=150)
@given(st.data())
def test_it_takes_nothing_that_the_model_refuses(
    json_values: SearchStrategy[Any], data: st.DataObject
) -> None:
    """Whatever value a field has, the decoder takes it only where the model does."""
    value = data.draw(json_values | st.sampled_from((0, 1, 1.0, "1", "true", "5", 2**53, -1, "x")))
    check_body(json.dumps(value).encode())
    session = {"session_id": "k", "seq": 1}
    for field in data.draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=4)):
        check_body(json.dumps(LEAST | session | {field: value}).encode())


@given(st.datetimes(datetime(1960, 1, 1), datetime(2210, 1, 1)), st.data())  # noqa: DTZ001
def test_times_are_read_as_the_model_reads_them(moment: datetime, data: st.DataObject) -> None:
    """In every way of writing one: zones, fractions of any length, blanks, numbers of weeks."""
    days = (f"{moment:%Y-%m-%d}", f"{moment:%G-W%V-%u}", "2026-02-30")
    clocks = (f"{moment:%H:%M:%S}", f"{moment:%H:%M}", "23:59:60", "24:00:00")
    parts = (
        st.sampled_from(days),
        st.sampled_from(("T", "t", " ", "_")),
        st.sampled_from(clocks),
        st.just("") | st.text("0123456789", max_size=9).map(".{}".format),
        st.sampled_from(("", "Z", "z", "+00:00", "-00:00", "+09:00", "+0000", " Z")),
    )
    time = "".join(data.draw(part) for part in parts)
    check_body(json.dumps(LEAST | {"occurred_at": time}).encode())


@given(st.lists(st.sampled_from(("status", "seq", "x", "extra", "code", "event_id")), max_size=8))
@example(["seq", "seq"])
def test_of_a_name_that_comes_twice_both_take_the_same(names: list[str]) -> None:
    """A body may name a field several times."""
    values = ('"ok"', '"s"', "7", "null", '{"a":1}', f'"{MADE}"', "8")
    given_ = [f'"{name}":{values[place % len(values)]}' for place, name in enumerate(names)]
    start = json.dumps(LEAST | {"session_id": "k", "seq": 1})[:-1]
    check_body(",".join((start, *given_)).encode() + b"}")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"exercise_by": "heading", "error_line": 3},
        {"occurred_at": "2026-03-02T10:00:00Z"},
        {"occurred_at": "2026-03-02T10:00:00.123+09:00"},
        {"course_id": "講座", "student_id": "ada lovelace"},
        {"event_id": None, "session_id": None, "seq": None},
        {"x": 10**400, "y": None, "z": 0.25},
        {"code": "print('é')\n\t# \u2028", "output": "x" * TEXT_CAPS["output"]},
    ],
)
def test_what_clients_send_does_not_need_the_model(changes: dict[str, Any]) -> None:
    """It is for what hooks send all along: these all have to be taken."""
    sent = next(cell_runs()) | changes
    assert check_body(json.dumps(sent).encode()) == 1
    assert check_body(json.dumps([sent, sent | {"seq": 2}] if sent["seq"] else [sent]).encode()) > 0


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "\x00"},
        {"output": "x" * (TEXT_CAPS["output"] + 1)},
        {"code_sha256": "0a" * 32 + "\n"},
        {"truncated": ["code"]},
        {"extra": {"a": 1}},
        {"x": "y" * 20_000},
        {"course_id": "課" * 60},
        {"student_id": " "},
        {"type": "check_result"},
        {"seq": None},
        {"seq": True},
    ],
)
def test_the_model_judges_the_rest(changes: dict[str, Any]) -> None:
    """What is to be cut, mended, merged or refused is left to it, for that event alone."""
    good = next(cell_runs())
    assert check_body(json.dumps(good | changes).encode()) == 0
    taken = decode_events(json.dumps([good, good | changes, good]).encode())
    assert taken is None or [event is None for event in taken] == [False, True, False]
