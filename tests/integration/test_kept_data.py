"""Data that an earlier version left is opened by this one, and every number is as noted."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cellpulse_hook.spool_folder import folder_of, leftovers

from flows.stores.lake_attach import attach_lake

DATA = Path(__file__).parents[1] / "data"
KEPT = sorted(path.name for path in DATA.glob("*.tar.xz"))
#: Each number's name, and how it is asked for in PostgreSQL or in the lake.
MASTER = {
    "states": "SELECT course_id, student_id, runs, errors, error_streak, exercise, last_status, "
    "last_seen_at FROM student_states ORDER BY 1, 2",
    "sessions": "SELECT session_id, highest_seq, gaps::text, lost_events FROM sessions ORDER BY 1",
    "enrollments": "SELECT count(*) FROM enrollments",
    "exercises": "SELECT course_id, exercise FROM exercises ORDER BY 1, 2",
}
LAKE = {
    "events": "SELECT course_id, type, status, count(*), sum(duration_ms), sum(points), sum(seq), "
    "sum(length(code)), count(extra), count(truncated) FROM lake.events GROUP BY ALL ORDER BY ALL",
    "exercise_rollup": "SELECT course_id, exercise, sum(events), sum(runs), sum(errors), "
    "sum(checks_passed), sum(duration_ms_sum), max(last_event_at) "
    "FROM lake.rollup_student_exercise GROUP BY ALL ORDER BY ALL",
    "minute_rollup": "SELECT course_id, count(DISTINCT minute), min(minute), sum(events), "
    "sum(errors) FROM lake.rollup_course_minute GROUP BY ALL ORDER BY ALL",
}


def numbers_of(platform: Any, folder: Path) -> dict[str, Any]:
    """Return every number that is noted beside the kept data."""
    status = json.loads(platform.cellpulse("status", "--json").stdout)
    listed = json.loads(platform.cellpulse("rejected", "list", "--json").stdout)
    with attach_lake(platform.postgres_url, platform.lake_path, read_only=True) as lake:
        asked = {name: lake.execute(query).fetchall() for name, query in LAKE.items()}
    spool = folder_of(folder / "spool", "demo", "s1")
    [leftover] = leftovers(spool)
    found = {
        **asked,
        **{name: platform.psql(query).splitlines() for name, query in MASTER.items()},
        "points": platform.influxql("SELECT count(event_id), sum(seq) FROM progress_event"),
        "log": (status["log_length"], status["events"]),
        "rejected": [(entry["source"], entry["reason"], entry["raw"]) for entry in listed],
        "spool": [(record.seq, record.content()["exercise"]) for record in leftover.waiting()],
    }
    numbers: dict[str, Any] = json.loads(json.dumps(found, default=str))
    return numbers


@pytest.mark.parametrize("name", KEPT)
def test_every_number_of_kept_data_is_as_noted(
    idle_pipeline: Any, tmp_path: Path, wait_until: Callable[..., None], name: str
) -> None:
    """It is restored, each store comes to the log's end, and the platform goes on after it."""
    folder = tmp_path / "kept"
    with tarfile.open(DATA / name) as archive:
        archive.extractall(folder, filter="data")
    done = idle_pipeline.cellpulse("restore", str(folder / "backup"))
    assert done.returncode == 0, done.stderr
    idle_pipeline.start("ingest", "relay", "worker")

    def is_even() -> bool:
        status = json.loads(idle_pipeline.cellpulse("status", "--json").stdout)
        return all(store["lag_events"] == 0 for store in status["stores"])

    wait_until(is_even, "every store")
    noted = DATA / name.replace(".tar.xz", ".json")
    assert numbers_of(idle_pipeline, folder) == json.loads(noted.read_text())
    idle_pipeline.post({"course_id": "demo", "student_id": "s1", "status": "ok"})
    wait_until(is_even, "every store")
    assert idle_pipeline.points() == 421


def test_there_is_kept_data_of_the_first_version() -> None:
    """The file that the first version left is there, and small."""
    assert "data-folder-v1.tar.xz" in KEPT
    assert all((DATA / name).stat().st_size < 300_000 for name in KEPT)
