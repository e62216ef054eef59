"""The list of who was erased, without names."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.erasure.again import is_erased
from flows.erasure.erased import FILE, Erased, ErasureError, Keys, read_file, write_file
from flows.log.logged_event import LoggedEvent
from flows.personal_data.gather import Person
from ingest_api.events import ProgressEvent, StoredEvent

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADA = Person("demo", "ada")


def entry_of(keys: Keys, person: Person, up_to: str) -> Erased:
    key_id, student_hash = keys.hash_of(person)
    return Erased(
        course_id=person.course_id,
        student_hash=student_hash,
        key_id=key_id,
        up_to=up_to,
        erasure_id="e",
        requested_at=None,
        started_at=NOW,
        completed_at=NOW,
    )


def event_at(position: str, person: Person) -> LoggedEvent:
    sent = {"course_id": person.course_id, "student_id": person.student_id, "status": "ok"}
    return LoggedEvent(position, StoredEvent.accept(ProgressEvent.model_validate(sent), NOW))


def test_who_was_erased_is_recognised_up_to_the_last_event() -> None:
    """Also after the secret was replaced; a later event is a new person's, others are others."""
    before = Keys(["the first secret"])
    entries = [entry_of(before, ADA, "5-0"), entry_of(before, ADA, "3-0")]
    now = Keys(["the second secret", "the first secret"])
    tell = is_erased(now, entries)
    assert tell(event_at("5-0", ADA))
    assert not tell(event_at("5-1", ADA))
    assert not tell(event_at("1-0", Person("other", "ada")))
    assert not tell(event_at("1-0", Person("demo", "adam")))


def test_a_list_of_another_secret_is_refused() -> None:
    """It says which setting brings it back; nobody is let through unnoticed."""
    entries = [entry_of(Keys(["lost"]), ADA, "5-0")]
    for keys in (Keys(["another"]), Keys(())):
        with pytest.raises(ErasureError, match="CELLPULSE_SECRET_PREVIOUS"):
            is_erased(keys, entries)


def test_the_list_as_a_file(tmp_path: Path) -> None:
    """It names nobody; where there is none nobody was erased, and what is no list is refused."""
    assert read_file(tmp_path) == read_file(tmp_path / "not-there") == []
    entry = entry_of(Keys(["a secret"]), ADA, "5-0")
    write_file(tmp_path, [entry])
    assert read_file(tmp_path) == read_file(tmp_path / FILE) == [entry]
    assert "ada" not in (tmp_path / FILE).read_text()
    (tmp_path / FILE).write_text('{"format": 2, "erased": []}')
    with pytest.raises(ErasureError, match="format 2"):
        read_file(tmp_path)
    (tmp_path / FILE).write_text("[]")
    with pytest.raises(ErasureError, match="no list"):
        read_file(tmp_path)
