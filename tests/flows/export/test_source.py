"""What every format reads."""

from pathlib import Path
from typing import Any

import pytest

from flows.export.errors import ExportError
from flows.export.folder import new_folder
from flows.export.source import BATCH_EVENTS


def test_events_come_in_log_order_and_in_batches(lake: Any, opened: Any) -> None:
    """All events of the course come, oldest first, no more than a batch at once."""
    lake.append(*({"status": "ok", "cell_id": str(n)} for n in range(BATCH_EVENTS + 10)))
    lake.append({"status": "ok", "course_id": "another"})
    with opened() as source:
        batches = list(source.events())
    assert [cell for batch in batches for cell in batch["cell_id"].to_pylist()] == [
        str(n) for n in range(BATCH_EVENTS + 10)
    ]
    assert max(batch.num_rows for batch in batches) <= BATCH_EVENTS


def test_the_moment_is_that_of_the_snapshot(lake: Any, opened: Any) -> None:
    """An older snapshot tells of its own position and events only."""
    [first] = lake.append({"status": "ok"})
    with opened() as source:
        old = source.moment
    lake.append({"status": "ok"})
    with opened(old.snapshot) as source:
        assert (source.moment, source.event_count) == (old, 1)
    assert old.position == first.position


def test_sessions_know_what_they_lost(lake: Any, opened: Any) -> None:
    """Lost events are the numbers that have not arrived, late arrivals taken off."""
    for seq in (1, 2, 5, 9, 4, 6):
        lake.append({"status": "ok", "session_id": "k1", "seq": seq})
    with opened() as source, source.reading("SELECT * FROM events") as _:
        [batch] = source.table("sessions")
    assert batch["lost_events"].to_pylist() == [3]
    assert batch["highest_seq"].to_pylist() == [9]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"course": "dmo"}, "course 'dmo' has no events in snapshot .*: did you mean 'demo'"),
        ({"course": "physics"}, "has no events in snapshot .*; courses that have: 'demo'"),
        ({"snapshot": 999_999}, "the lake has no snapshot 999999"),
        ({"snapshot": 0}, "snapshot 0 is older than the lake's tables"),
    ],
)
def test_what_is_not_there_is_one_line(
    lake: Any, opened: Any, given: dict[str, Any], message: str
) -> None:
    """A wrong course or snapshot says so."""
    lake.append({"status": "ok"})
    with pytest.raises(ExportError, match=message), opened(**given):
        pass


def test_a_folder_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """What ends in between leaves nothing under the folder's name."""
    out = tmp_path / "new" / "out"

    def cut_off() -> None:
        with new_folder(out) as place:
            (place.files / "a").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut_off()
    assert list(out.parent.iterdir()) == []
    with new_folder(out) as place:
        (place.files / "a").touch()
        assert not out.exists()
    assert [path.name for path in out.iterdir()] == ["a"]
    with pytest.raises(ExportError, match=r"out is not empty: name a new folder"), new_folder(out):
        pass


def test_an_empty_folder_is_taken_and_a_file_is_not(tmp_path: Path) -> None:
    """An empty folder is filled; a file, or a place below one, is refused in one line."""
    (tmp_path / "empty").mkdir()
    with new_folder(tmp_path / "empty") as place:
        (place.files / "a").touch()
    assert (tmp_path / "empty" / "a").exists()
    (tmp_path / "file").touch()
    for wrong in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ExportError), new_folder(wrong):
            pass
