"""By what a person is found in bytes."""

from uuid import uuid4

from flows.erasure.marks import Marks


def test_a_name_is_found_as_a_word_and_not_within_others() -> None:
    """A short id stands in texts as a word; in files of any kind only a long one is looked for."""
    marks = Marks(names=frozenset({"s1", "ada-lovelace"}), others=frozenset({"s1-b"}))
    for text in (b"s1", b"by s1.", b'{"student_id":"s1"}', b"/home/s1/a.ipynb", b"\x02s1\x00"):
        assert marks.in_text(text), text
    for text in (b"s10", b"as1", b"s1_x", b"s1-b", b"", "s1é".encode()):
        assert not marks.in_text(text), text
    assert marks.in_text(b"s1-b met s1")
    assert not marks.in_bytes(b"\x00s1\x00")
    assert marks.in_bytes(b"\x00ada-lovelace\x00")


def test_ids_of_sessions_and_events_are_found() -> None:
    """However many there are; short ids of sessions are not looked for."""
    events = [str(uuid4()) for _ in range(1_000)]
    marks = Marks(ids=frozenset({*events, "kernel-of-ada", "k1"}))
    assert all(marks.in_bytes(b"\x24" + event.encode() + b"\x24") for event in events)
    assert marks.in_bytes(b"session kernel-of-ada ended")
    assert not marks.in_bytes(b"k1 " + str(uuid4()).encode())


def test_without_marks_nothing_is_found() -> None:
    """Nobody is found where nobody is looked for."""
    assert not Marks().in_text(b"anything")
    assert not Marks().in_bytes(b"anything")
