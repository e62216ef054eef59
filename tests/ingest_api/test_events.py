"""The event contract."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

import ingest_api
from ingest_api.events import (
    EXTRA_CAP,
    TEXT_CAPS,
    ProgressEvent,
    StoredEvent,
    event_json_schema,
)

LEAST = {"course_id": "demo", "student_id": "s1", "status": "ok"}


def test_committed_schema_is_the_published_one() -> None:
    """The JSON Schema in the repository is the one that the code makes."""
    committed = Path(ingest_api.__file__ or "").parent / "schema" / "event.json"
    assert json.loads(committed.read_text()) == event_json_schema()


def test_schema_is_valid_and_describes_every_field() -> None:
    """The JSON Schema is a valid draft 2020-12 schema in which every field has a description."""
    schema = event_json_schema()
    Draft202012Validator.check_schema(schema)
    undescribed = {n for n, p in schema["properties"].items() if not p.get("description")}
    assert undescribed == set()


def test_schema_accepts_what_the_model_accepts() -> None:
    """The least event, and one with unknown fields, are valid by the published schema."""
    validator = Draft202012Validator(event_json_schema())
    assert validator.is_valid(LEAST)
    assert validator.is_valid(LEAST | {"lms": {"attempt": 3}})
    assert not validator.is_valid({"course_id": "demo"})


def test_three_fields_suffice() -> None:
    """A course, a student and a status make a cell run."""
    event = ProgressEvent.model_validate(LEAST)
    assert (event.type, event.status) == ("cell_run", "ok")


def test_unknown_fields_are_kept_under_extra() -> None:
    """Fields that the contract does not know are kept beside an `extra` that was sent."""
    event = ProgressEvent.model_validate(
        LEAST | {"room": "B12", "position": "9-9", "received_at": "x", "extra": {"seat": 4}}
    )
    assert event.extra == {"room": "B12", "position": "9-9", "received_at": "x", "seat": 4}


@pytest.mark.parametrize("field", sorted(TEXT_CAPS))
def test_long_texts_are_cut_and_named(field: str) -> None:
    """A text over its cap is cut to it and named in `truncated`, never refused."""
    event = ProgressEvent.model_validate(LEAST | {field: "x" * (TEXT_CAPS[field] + 1)})
    assert len(getattr(event, field)) == TEXT_CAPS[field]
    assert event.truncated == [field]


def test_too_much_extra_is_dropped_and_named() -> None:
    """Unknown fields over their cap go, the run stays, and `truncated` says so."""
    event = ProgressEvent.model_validate(LEAST | {"dump": "x" * EXTRA_CAP})
    assert event.extra is None
    assert event.truncated == ["extra"]


def test_what_the_hook_has_cut_stays_named() -> None:
    """Names of cut fields that the client sent are kept; other names are not."""
    event = ProgressEvent.model_validate(LEAST | {"truncated": ["code", "nonsense"]})
    assert event.truncated == ["code"]


def test_unstorable_characters_in_texts_are_replaced() -> None:
    """NUL and half surrogate pairs in texts become the replacement character."""
    event = ProgressEvent.model_validate(LEAST | {"error_message": "a\x00b\ud83dc\n😀"})
    assert event.error_message == "a\ufffdb\ufffdc\n😀"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"course_id": ""}, "course_id"),
        ({"course_id": "  "}, "course_id"),
        ({"student_id": "\u200b\u200d\u202e"}, "student_id"),  # nobody could see it
        ({"course_id": "a\nb"}, "course_id"),
        ({"course_id": "学" * 28}, "course_id"),  # no folder of the lake could have this name
        ({"student_id": "a\x00b"}, "student_id"),
        ({"student_id": "a\\b"}, "student_id"),
        ({"student_id": "\ud800"}, "student_id"),
        ({"student_id": "x" * 201}, "student_id"),
        ({"student_id": 7}, "student_id"),
        ({"status": "fine"}, "status"),
        ({"status": None}, ""),
        ({"type": "cell_walk"}, "type"),
        ({"event_id": "7"}, "event_id"),
        ({"seq": 1}, ""),
        ({"session_id": "k"}, ""),
        ({"session_id": "k", "seq": -1}, "seq"),
        ({"session_id": "k", "seq": 2**60}, "seq"),
        ({"session_id": "k", "seq": True}, "seq"),
        ({"duration_ms": float("nan")}, "duration_ms"),
        ({"duration_ms": float("inf")}, "duration_ms"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"code_sha256": "abc"}, "code_sha256"),
        ({"x": float("nan")}, ""),
        ({"x": ["\udfff"]}, ""),
        ({"x": json.loads("[" * 101 + "]" * 101)}, ""),  # the log's readers could not follow
        ({"type": "check_result"}, ""),
    ],
)
def test_what_can_not_be_an_event_is_refused(change: dict[str, Any], place: str) -> None:
    """Each fault is refused at its place."""
    with pytest.raises(ValidationError) as refused:
        ProgressEvent.model_validate(LEAST | change)
    assert ".".join(map(str, refused.value.errors()[0]["loc"])) == place


@pytest.mark.parametrize(
    "identifier",
    ["a/b", "../x", "' OR 1=1 --", '"', "学生一", "😀", "\u202eabc", "a b", "%2F", "a,b=c"],
)
def test_odd_identifiers_are_fine(identifier: str) -> None:
    """Ids are text: slashes, quotes, SQL, emoji and any script are kept as they are."""
    event = ProgressEvent.model_validate(LEAST | {"student_id": identifier})
    assert event.student_id == identifier


def test_times_are_kept_in_utc() -> None:
    """A time with an offset is turned into UTC, a time without one is read as UTC."""
    with_offset = ProgressEvent.model_validate(LEAST | {"occurred_at": "2026-03-01T12:00:00+09:00"})
    without = ProgressEvent.model_validate(LEAST | {"occurred_at": "2026-03-01T03:00:00.000007"})
    assert with_offset.occurred_at == datetime(2026, 3, 1, 3, tzinfo=UTC)
    assert without.occurred_at == datetime(2026, 3, 1, 3, microsecond=7, tzinfo=UTC)


def test_accepting_fills_what_the_client_left_out() -> None:
    """The server makes a missing id and time, and keeps those that were sent."""
    now = datetime(2026, 3, 1, tzinfo=UTC)
    made = StoredEvent.accept(ProgressEvent.model_validate(LEAST), now)
    assert made.event_id.version == 7
    assert made.occurred_at == made.received_at == now
    sent = ProgressEvent.model_validate(
        LEAST | {"event_id": "0190b5a0-0000-7000-8000-000000000001"}
    )
    assert StoredEvent.accept(sent, now).event_id == sent.event_id


def test_a_stored_event_comes_back_equal() -> None:
    """What the log stores reads back as the same event."""
    event = ProgressEvent.model_validate(
        LEAST | {"duration_ms": 1.5, "extra": {"a": [1, None, "é"]}, "error_message": "x" * 3000}
    )
    stored = StoredEvent.accept(event, datetime(2026, 3, 1, microsecond=5, tzinfo=UTC))
    assert StoredEvent.model_validate_json(stored.to_json()) == stored


def test_a_stored_event_of_a_newer_version_keeps_what_is_not_known() -> None:
    """Fields are only ever added: unknown ones stay under `extra`, and the version stays too."""
    stored = StoredEvent.model_validate(
        LEAST
        | {
            "schema_version": 2,
            "mood": "happy",
            "event_id": "01936a3e-0000-7000-8000-000000000001",
            "occurred_at": "2026-03-02T09:00:00Z",
            "received_at": "2026-03-02T09:00:00Z",
        }
    )
    assert (stored.schema_version, stored.extra) == (2, {"mood": "happy"})
    assert StoredEvent.model_validate_json(stored.to_json()) == stored


def test_a_stored_event_of_an_unknown_kind_is_refused_and_named() -> None:
    """A kind that only a newer version knows is no event yet: a store sets it aside, to replay."""
    with pytest.raises(ValidationError, match="type"):
        StoredEvent.model_validate(LEAST | {"schema_version": 2, "type": "dance"})
