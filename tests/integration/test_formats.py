"""`cellpulse export` and `cellpulse import`, with real stores and real processes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flows.stores.lake_attach import attach_lake

WaitUntil = Callable[..., None]
ODD = 'a "quoted" line,\nits second\r\nand Ünïcödé 🐍; NULL'
#: What the log gives anew, and what tells courses apart.
NOT_KEPT = {"position", "position_ns", "event_id", "course_id", "received_at"}
EVENTS: list[dict[str, Any]] = [
    {"type": "session_started", "session_id": "k1", "seq": 1, "notebook": "a/01.ipynb"},
    {
        "status": "error",
        "session_id": "k1",
        "seq": 2,
        "notebook": "a/01.ipynb",
        "cell_id": "c-1",
        "exercise": "1.1",
        "execution_count": 3,
        "error_name": "NameError",
        "error_message": ODD,
        "duration_ms": 12.345678901234567,
        "occurred_at": "2026-03-02T08:59:58.123456Z",
        "code": "print('Ünï')\n\n",
        "code_sha256": "0a" * 32,
        "code_lines": 2,
        "code_chars": 14,
        "output": "",
        "hook_version": "0.1",
        "room": {"deep": [1, None, "x", 1e300]},
        "truncated": ["output"],
    },
    {"status": "error", "error_name": "SyntaxError", "error_message": "", "exercise": "1.1"},
    {"status": "interrupted", "student_id": "s 2; DROP", "exercise": "", "code": ""},
    {"status": "ok", "error_message": "None", "session_id": "k1", "seq": 5, "exercise": " NaN "},
    {
        "type": "check_result",
        "check_name": "sum",
        "passed": False,
        "points": 0.5,
        "points_possible": 2,
        "exercise": "1.1",
        "session_id": "k1",
        "seq": 6,
    },
    {"type": "check_result", "check_name": "", "passed": True, "student_id": "s3"},
    {"type": "help_requested", "help_message": ODD, "exercise": "1.1"},
    {"type": "help_resolved", "schema_version": 7},
    {"type": "heartbeat", "session_id": "k1", "seq": 7},
    {"type": "session_ended", "session_id": "k1", "seq": 8},
]


def events_in(pipeline: Any, course: str) -> list[dict[str, Any]]:
    with attach_lake(pipeline.postgres_url, pipeline.lake_path, read_only=True) as lake:
        result = lake.execute(
            "SELECT * FROM lake.events WHERE course_id = ? ORDER BY position_ns", [course]
        )
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def kept(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in event.items() if k not in NOT_KEPT} for event in events]


def export(pipeline: Any, course: str, out: Path) -> str:
    done = pipeline.cellpulse(
        "export", "--format", "progsnap2", "--course", course, "--out", str(out)
    )
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def bring_in(pipeline: Any, course: str, folder: Path) -> str:
    done = pipeline.cellpulse("import", "--format", "progsnap2", "--course", course, str(folder))
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def test_a_round_trip_loses_nothing(pipeline: Any, tmp_path: Path, wait_until: WaitUntil) -> None:
    """Every field of every event comes back, in order, once, and each store has it."""
    one = {"course_id": "demo", "student_id": "s1"}
    pipeline.post([one | fields for fields in EVENTS])
    wait_until(lambda: len(events_in(pipeline, "demo")) == len(EVENTS), "the lake")

    said = export(pipeline, "demo", tmp_path / "out")
    assert f"{len(EVENTS)} events of course 'demo', snapshot " in said
    said = bring_in(pipeline, "again", tmp_path / "out")
    assert f"course 'again': {len(EVENTS)} added, 0 were there already" in said

    original, copied = events_in(pipeline, "demo"), events_in(pipeline, "again")
    assert kept(copied) == kept(original)
    assert not {event["event_id"] for event in copied} & {e["event_id"] for e in original}
    assert pipeline.psql("SELECT count(*) FROM sessions WHERE course_id = 'again'") == "1"

    said = bring_in(pipeline, "again", tmp_path / "out")
    assert f"course 'again': 0 added, {len(EVENTS)} were there already" in said
    assert len(events_in(pipeline, "again")) == len(EVENTS)

    export(pipeline, "again", tmp_path / "out2")
    bring_in(pipeline, "third", tmp_path / "out2")
    assert kept(events_in(pipeline, "third")) == kept(original)
