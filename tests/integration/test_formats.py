"""`cellpulse export` and `cellpulse import`, with real stores and real processes."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.embedded.answers import lives
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


def test_a_round_trip_loses_nothing(
    shared_pipeline: Any, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """Every field of every event comes back, in order, once, and each store has it."""
    pipeline, course = shared_pipeline, shared_pipeline.course
    again, third = f"{course}-again", f"{course}-third"
    one = {"course_id": course, "student_id": "s1"}
    pipeline.post([one | fields for fields in EVENTS])
    wait_until(lambda: len(events_in(pipeline, course)) == len(EVENTS), "the lake")

    said = export(pipeline, course, tmp_path / "out")
    assert f"{len(EVENTS)} events of course '{course}', snapshot " in said
    said = bring_in(pipeline, again, tmp_path / "out")
    assert f"course '{again}': {len(EVENTS)} added, 0 were there already" in said

    original, copied = events_in(pipeline, course), events_in(pipeline, again)
    assert kept(copied) == kept(original)
    assert not {event["event_id"] for event in copied} & {e["event_id"] for e in original}
    assert pipeline.psql(f"SELECT count(*) FROM sessions WHERE course_id = '{again}'") == "1"

    said = bring_in(pipeline, again, tmp_path / "out")
    assert f"course '{again}': 0 added, {len(EVENTS)} were there already" in said
    assert len(events_in(pipeline, again)) == len(EVENTS)

    export(pipeline, again, tmp_path / "out2")
    bring_in(pipeline, third, tmp_path / "out2")
    assert kept(events_in(pipeline, third)) == kept(original)


COLUMNS = (
    *("Order", "SubjectID", "AssignmentID", "ProblemID", "EventType", "EventID"),
    *("ParentEventID", "Score", "Compile.Result", "CompileMessageType"),
    *("CompileMessageData", "ServerTimestamp", "X-Note"),
)


def write_code_workout(folder: Path, runs: int) -> None:
    """Write a data set in the shape of CodeWorkout's: every third run does not compile."""
    folder.mkdir()
    with (folder / "MainTable.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        order = 0
        for n in range(runs):
            who = {"SubjectID": f"s{n % 7}", "AssignmentID": "439.0", "ProblemID": n % 3}
            at = f"2019-02-18T{9 + n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}"
            failed = n % 3 == 0
            rows: list[dict[str, Any]] = [
                {"EventType": "Run.Program", "EventID": f"r{n}", "X-Note": "x" * 400}
                | {"Score": float(not failed)},
                {"EventType": "Compile", "EventID": f"c{n}", "ParentEventID": f"r{n}"}
                | {"Compile.Result": "Error" if failed else "Success"},
                {"EventType": "Compile.Error", "EventID": f"e{n}", "ParentEventID": f"c{n}"}
                | {"CompileMessageData": f"line {n}: error: ';' expected"},
            ]
            for row in rows[: 3 if failed else 2]:
                order += 1
                table.writerow(who | {"Order": order, "ServerTimestamp": at} | row)


def test_a_data_set_of_another_system_becomes_a_course(
    idle_pipeline: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is larger than the log may be, goes in all the same, and the API answers for it."""
    limited = idle_pipeline.environment | {"CELLPULSE_LOG_LIMIT_BYTES": "1000000"}
    limited |= {"CELLPULSE_LOG_KEEP": "10"}
    monkeypatch.setattr(type(idle_pipeline), "environment", property(lambda _: limited))
    idle_pipeline.start("relay", "worker", "api")
    write_code_workout(tmp_path / "data", runs := 1_500)
    said = bring_in(idle_pipeline, "demo", tmp_path / "data")
    assert f"course 'demo': {2 * runs} added, 0 were there already" in said
    assert int(idle_pipeline.psql("SELECT sum(runs) FROM student_states")) == runs
    assert int(idle_pipeline.psql("SELECT sum(errors) FROM student_states")) == runs // 3
    assert idle_pipeline.psql("SELECT sum(lost_events) FROM sessions") == "0"
    assert idle_pipeline.runs_by_api() == runs
    progress = idle_pipeline.get("/courses/demo/progress")
    assert {row["exercise"] for row in progress["exercises"]} == {"0", "1", "2"}

    said = bring_in(idle_pipeline, "demo", tmp_path / "data")
    assert f"course 'demo': 0 added, {2 * runs} were there already" in said


def refused(pipeline: Any, *arguments: str) -> str:
    """Return the last line of what a command says that ends with code 1."""
    done = pipeline.cellpulse(*arguments)
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    return str(done.stderr.splitlines()[-1])


def test_what_is_wrong_is_one_line_and_changes_nothing(idle_pipeline: Any, tmp_path: Path) -> None:
    """Nothing is appended, and nothing is under the export's name."""
    pipeline = idle_pipeline
    pipeline.start("ingest", "relay", "worker")
    one = {"course_id": "demo", "student_id": "s1", "status": "ok"}
    pipeline.post([one | {"session_id": "progsnap2:s1", "seq": 1}])
    pipeline.wait_until(lambda: len(events_in(pipeline, "demo")) == 1, "the lake")
    length = pipeline.redis_cli("XLEN", "progress-events:log")

    broken = tmp_path / "broken"
    write_code_workout(broken, 3)
    with (broken / "MainTable.csv").open("a") as file:
        file.write("9,s1\n")
    bring = ("import", "--format", "progsnap2", "--course")
    assert "MainTable.csv, line 9: 2 fields" in refused(pipeline, *bring, "new", str(broken))
    assert "not a folder" in refused(pipeline, *bring, "new", str(tmp_path / "none"))
    assert "--course 'a\\\\b'" in refused(pipeline, *bring, "a\\b", str(broken))
    write_code_workout(tmp_path / "other", 14)
    said = refused(pipeline, *bring, "demo", str(tmp_path / "other"))
    assert "already holds other events of session 'progsnap2:s1' of student 's1'" in said
    assert pipeline.redis_cli("XLEN", "progress-events:log") == length

    out = ("--out", str(tmp_path / "out"))
    take = ("export", "--format", "csv", "--course")
    assert "course 'dmo' has no events in snapshot" in refused(pipeline, *take, "dmo", *out)
    assert "no snapshot 777" in refused(pipeline, *take, "demo", *out, "--snapshot", "777")
    assert [path for path in tmp_path.iterdir() if "out" in path.name] == []
    assert "is not empty" in refused(pipeline, *take, "demo", "--out", str(broken))

    pipeline.stop("worker")
    pipeline.wait_until(lambda: not lives(pipeline.redis_url, "worker"), "the worker's end")
    assert "no worker runs" in refused(pipeline, *bring, "new", str(tmp_path / "other"))
