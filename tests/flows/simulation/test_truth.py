"""A whole class without a server, and the truth of who needed help."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.simulation.truth import simulated_class, write_planted_times


def test_same_seed_gives_the_same_bytes(course_dir: Path) -> None:
    """The same arguments give the same events, ids and all, and the same truth."""
    first, again = (simulated_class(3, course_dir=course_dir, students=20) for _ in range(2))
    assert first == again
    assert [e.model_dump_json() for e in first[0]] == [e.model_dump_json() for e in again[0]]
    assert first != simulated_class(4, course_dir=course_dir, students=20)


def test_truth_lies_within_the_class(course_dir: Path) -> None:
    """Planted times are in order, within the class, of its students, and end after they begin."""
    began = datetime(2026, 1, 1, tzinfo=UTC)
    events, truth = simulated_class(1, course_dir=course_dir, started_at=began)
    assert [time.begins_at for time in truth] == sorted(time.begins_at for time in truth)
    assert {time.student_id for time in truth} <= {event.student_id for event in events}
    assert {time.needs_help for time in truth} == {True, False}
    for time in truth:
        assert began <= time.begins_at < time.ends_at <= began + timedelta(minutes=50)


def test_truth_is_written_as_json_lines(course_dir: Path) -> None:
    """Each planted time is a line of JSON with its fields."""
    _, truth = simulated_class(1, course_dir=course_dir)
    file = io.StringIO()
    write_planted_times(truth, file)
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    assert [(line["student_id"], line["kind"], line["needs_help"]) for line in lines] == [
        (time.student_id, time.kind, time.needs_help) for time in truth
    ]
    assert [datetime.fromisoformat(line["ends_at"]) for line in lines] == [
        time.ends_at for time in truth
    ]
