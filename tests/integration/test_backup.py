"""`cellpulse backup` and `cellpulse restore`, with real stores and real processes."""

import gzip
import json
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from redis import Redis

from flows.backup.manifest import read_manifest
from flows.cli import cli
from flows.log.trimmer import LogTrimmer
from flows.settings import STORES
from flows.stores.lake import LakeWriter
from flows.stores.lake_attach import attach_lake

WaitUntil = Callable[..., None]
RUN = {"course_id": "demo", "student_id": "s1", "status": "ok"}
ROLLUPS = ("rollup_student_exercise", "rollup_course_minute")
TABLES = (
    "students",
    "enrollments",
    "notebooks",
    "exercises",
    "sessions",
    "student_states",
    "attention_thresholds",
    "attention_snoozes",
    "attention_marks",
    "deletion_requests",
    "class_marks",
    "planned_exercises",
    "student_notes",
)
#: What no event tells of: only a backup brings it back.
SET_BY_INSTRUCTOR = (
    "UPDATE enrollments SET display_name = 'Ada', section = 'A', seat = 'B4' WHERE student_id='s1'",
    "INSERT INTO attention_thresholds VALUES ('demo', 'failed_runs', NULL, now())",
    "INSERT INTO attention_snoozes VALUES ('demo', 's1', now(), now() + interval '1 day', 'Ada')",
    "INSERT INTO student_notes VALUES ('n', 'demo', 's1', now(), NULL, 'Knows loops', NULL)",
    "INSERT INTO attention_marks VALUES ('demo', 's1', now(), 'going', 'Ada')",
    "INSERT INTO deletion_requests VALUES ('demo', 's1', now())",
    "INSERT INTO class_marks VALUES ('m', 'demo', now(), 'explained sums', now(), 'Ada')",
    "INSERT INTO planned_exercises VALUES ('demo', now(), '1.1', now(), 'Ada')",
)


def events(first: int, count: int) -> list[dict[str, Any]]:
    return [
        RUN
        | {"student_id": f"s{n % 5}", "session_id": f"k{n % 5}", "seq": 1 + n // 5 + n // 50}
        | {"exercise": f"1.{n % 3}", "notebook": "a.ipynb", "duration_ms": n / 4}
        | {"status": "error" if n % 3 else "ok"}
        for n in range(first, first + count)
    ]


def lake_rows(platform: Any, query: str) -> list[tuple[Any, ...]]:
    with attach_lake(platform.postgres_url, platform.lake_path, read_only=True) as lake:
        return sorted(lake.execute(query).fetchall(), key=repr)


def contents(platform: Any) -> dict[str, Any]:
    """Return everything that a platform whose stores are at the end of the log holds."""
    with Redis.from_url(platform.redis_url) as redis:
        log = redis.xrange("progress-events:log")
        rest = {
            "rejected": redis.xrange("progress-events:rejected"),
            "counts": redis.hgetall("progress-events:counts"),
            "repeats": {key: redis.get(key) for key in redis.keys("progress-events:session:*")},
        }
    return {
        "log": log,
        **rest,
        **{t: platform.psql(f"SELECT * FROM {t} ORDER BY 1, 2") for t in TABLES},
        **{t: lake_rows(platform, f"FROM lake.{t}") for t in ("events", *ROLLUPS)},
        "points": platform.influxql("SELECT * FROM progress_event"),
    }


def is_even(platform: Any) -> bool:
    """Tell whether every store is at the end of the log."""
    done = platform.cellpulse("status", "--json")
    return all(store["lag_events"] == 0 for store in json.loads(done.stdout)["stores"])


def audited(platform: Any, events: int) -> None:
    """Expect that every store agrees on so many events."""
    done = platform.cellpulse("audit")
    assert (done.returncode, f"all agree on {events} events" in done.stdout) == (0, True), (
        done.stdout + done.stderr
    )


def repeats(platform: Any, sent: list[dict[str, Any]]) -> int:
    """Post events again; return how many of them the platform had already."""
    return sum(platform.post(sent[n : n + 500])["duplicates"] for n in range(0, len(sent), 500))


def restored(elsewhere: Any, folder: Path) -> None:
    done = elsewhere.cellpulse("restore", str(folder))
    assert done.returncode == 0, done.stderr
    assert "restored" in done.stdout


def test_a_platform_goes_on_elsewhere_from_its_backup(
    pipeline: Any, elsewhere: Any, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """All that was there is there again, repeats are known, and new events go on after it."""
    folder = tmp_path / "backup"
    pipeline.post(events(0, 120))
    pipeline.publish('{"course_id":"demo"}')
    wait_until(lambda: is_even(pipeline), "every store")
    LakeWriter(pipeline.postgres_url, pipeline.lake_path).maintain(30)
    pipeline.post(events(120, 30))
    wait_until(lambda: is_even(pipeline), "every store")
    for statement in SET_BY_INSTRUCTOR:
        pipeline.psql(statement)
    done = pipeline.cellpulse("backup", str(folder), "--with-secret")
    assert done.returncode == 0, done.stderr
    assert "150 events accepted, 150 in the log, 150 in InfluxDB" in done.stdout
    expected = contents(pipeline)
    pipeline.stop(*pipeline.processes)

    restored(elsewhere, folder)
    assert contents(elsewhere) == expected
    assert (elsewhere.folder / "cellpulse_secret").stat().st_mode & 0o777 == 0o600
    elsewhere.start("ingest", "relay", "worker", "api")
    wait_until(lambda: is_even(elsewhere), "every store")
    assert contents(elsewhere) == expected
    answer = elsewhere.post(events(140, 20))
    assert (answer["accepted"], answer["duplicates"]) == (10, 10)
    wait_until(lambda: elsewhere.runs_by_api() == 160, "the lake")
    assert lake_rows(elsewhere, "SELECT count(*) FROM lake.events AT (VERSION => 2)")

    again = elsewhere.cellpulse("restore", str(folder))
    assert again.returncode == 1
    assert "worker runs" in again.stderr or "relay runs" in again.stderr


def test_a_backup_while_events_arrive_is_of_one_moment(
    pipeline: Any, elsewhere: Any, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """What was accepted before it is in every store once, and what came after it goes on there.

    Events arrive, the lake is maintained and the log trimmed to nothing all the time meanwhile.
    """
    folder, ended = tmp_path / "backup", threading.Event()
    sent: list[dict[str, Any]] = []
    pipeline.post(events(0, 200))
    wait_until(lambda: is_even(pipeline), "every store")

    def send() -> None:
        while not ended.is_set():
            part = events(200 + len(sent), 20)
            pipeline.post(part)
            sent.extend(part)

    def maintain() -> None:
        lake = LakeWriter(pipeline.postgres_url, pipeline.lake_path)
        with Redis.from_url(pipeline.redis_url, protocol=2) as redis:
            while not ended.is_set():
                LogTrimmer(redis).trim(STORES, 0, 10**9)
                lake.maintain(1)
        lake.close()

    threads = [threading.Thread(target=work) for work in (send, maintain)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: len(sent) > 200, "events")
        answered = 200 + len(sent)
        done = pipeline.cellpulse("backup", str(folder))
        after = len(sent)
        wait_until(lambda: len(sent) > after + 100, "events after it")
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert done.returncode == 0, done.stderr
    pipeline.stop(*pipeline.processes)

    restored(elsewhere, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    kept = manifest["counts"]["accepted"]
    assert answered <= kept < 200 + len(sent)
    elsewhere.start("ingest", "relay", "worker", "api")
    wait_until(lambda: is_even(elsewhere), "every store")
    found = contents(elsewhere)
    assert len(found["events"]) == len(found["points"]) == kept
    assert manifest["log_events"] < kept
    audited(elsewhere, kept)
    everything = events(0, 200) + sent
    assert repeats(elsewhere, everything[:answered]) == answered
    assert repeats(elsewhere, everything[answered:]) == kept - answered
    wait_until(lambda: is_even(elsewhere), "every store")
    audited(elsewhere, len(everything))


@pytest.fixture
def small_backup(idle_pipeline: Any, tmp_path: Path) -> Path:
    """Return a backup of a platform with three events in its log and no process running."""
    idle_pipeline.start("ingest")
    idle_pipeline.post(events(0, 3))
    idle_pipeline.stop("ingest")
    folder = tmp_path / "backup"
    done = idle_pipeline.cellpulse("backup", str(folder))
    assert done.returncode == 0, done.stderr
    return folder


def test_a_backup_knows_how_far_statements_were_pushed(
    idle_pipeline: Any, redis_client: Any, tmp_path: Path
) -> None:
    """A restored platform goes on pushing there, and solves no exercise a second time."""
    fields = {"event": json.dumps(events(0, 1)[0]), "offset": "1"}
    position = redis_client.xadd("progress-events:log", fields)
    redis_client.xgroup_create("progress-events:log", "lrs", id=position)
    redis_client.hset("progress-events:solved", "an exercise of a student", "an event")
    environment = idle_pipeline.environment | {"CELLPULSE_LRS_URL": "http://127.0.0.1:1"}
    folder = tmp_path / "backup"
    done = CliRunner(env=environment).invoke(cli, ("backup", str(folder)))
    assert done.exit_code == 0, done.output
    assert read_manifest(folder).positions["lrs"] == position
    with gzip.open(folder / "redis" / "keys.jsonl.gz", "rt") as keys:
        assert "progress-events:solved" in [json.loads(line)["key"] for line in keys]


def refused(platform: Any, *arguments: str) -> str:
    done = platform.cellpulse(*arguments)
    assert done.returncode == 1, done.stdout
    [line] = done.stderr.splitlines()
    return str(line)


def test_a_backup_that_is_not_whole_is_refused_and_what_is_wrong_named(
    idle_pipeline: Any, small_backup: Path
) -> None:
    """A missing, changed or shortened file, no manifest, or a newer format: one clear line."""
    manifest = small_backup / "manifest.json"
    whole = manifest.read_text()
    log = small_backup / "redis" / "log.jsonl.gz"
    data = log.read_bytes()
    for damage in (data[:-1], data[:-1] + b"x", None):
        if damage is None:
            log.unlink()
        else:
            log.write_bytes(damage)
        assert str(log) in refused(idle_pipeline, "restore", str(small_backup))
    log.write_bytes(data)
    manifest.write_text(whole.replace('"format": 1', '"format": 2'))
    assert "backup format 2; this Cellpulse knows 1" in refused(
        idle_pipeline, "restore", str(small_backup)
    )
    manifest.write_text(whole.replace('"data_version": 1', '"data_version": 99'))
    assert "layout version 99" in refused(idle_pipeline, "restore", str(small_backup))
    manifest.write_text(whole[: len(whole) // 2])
    assert "is damaged" in refused(idle_pipeline, "restore", str(small_backup))
    manifest.unlink()
    assert "no whole backup" in refused(idle_pipeline, "restore", str(small_backup))


def test_nothing_is_written_over(idle_pipeline: Any, small_backup: Path) -> None:
    """A backup into a folder that holds something, or a restore over events, is refused."""
    assert "is not empty" in refused(idle_pipeline, "backup", str(small_backup))
    assert "Redis is not empty" in refused(idle_pipeline, "restore", str(small_backup))
    with Redis.from_url(idle_pipeline.redis_url) as redis:
        redis.flushall()
    idle_pipeline.psql("INSERT INTO courses VALUES ('demo', NULL, now())")
    assert "PostgreSQL is not empty: courses" in refused(
        idle_pipeline, "restore", str(small_backup)
    )
    idle_pipeline.psql("DELETE FROM courses")
    with attach_lake(idle_pipeline.postgres_url, idle_pipeline.lake_path, read_only=False) as lake:
        lake.execute("UPDATE lake.log_position SET position = '5-0'")
        assert "the lake is not empty" in refused(idle_pipeline, "restore", str(small_backup))
        lake.execute("UPDATE lake.log_position SET position = '0-0'")
    restored(idle_pipeline, small_backup)
    idle_pipeline.start("relay", "worker")
    idle_pipeline.wait_until(lambda: is_even(idle_pipeline), "every store")
    assert idle_pipeline.psql("SELECT sum(runs) FROM student_states") == "3"


def test_what_cannot_be_copied_is_said_in_one_line(idle_pipeline: Any, tmp_path: Path) -> None:
    """A store that is away, or a folder that can't be written."""
    (tmp_path / "file").write_text("")
    assert "file" in refused(idle_pipeline, "backup", str(tmp_path / "file" / "backup"))
    with Redis.from_url(idle_pipeline.redis_url) as redis:
        redis.set("cellpulse:keep-log", "1")
        assert "another backup" in refused(idle_pipeline, "backup", str(tmp_path / "b"))
        redis.delete("cellpulse:keep-log")
    idle_pipeline.influx = idle_pipeline.influx.model_copy(update={"url": "http://127.0.0.1:1"})
    shutil.rmtree(tmp_path / "b")
    assert "InfluxDB" in refused(idle_pipeline, "backup", str(tmp_path / "b"))
    assert not (tmp_path / "b" / "manifest.json").exists()


def test_a_disk_that_takes_no_more_is_named_and_leaves_no_manifest(
    idle_pipeline: Any, tmp_path: Path
) -> None:
    """When a write fails, one line says so; a limit on the file's size stands for a full disk."""
    folder = tmp_path / "backup"
    command = f"ulimit -f 0; exec {sys.executable} -m flows.cli backup {folder}"
    done = subprocess.run(
        ("sh", "-c", command),
        env=idle_pipeline.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert str(folder) in line
    assert "nothing was completed" in line
    assert not (folder / "manifest.json").exists()


def test_a_backup_that_is_killed_has_no_manifest_and_holds_nothing_up(
    idle_pipeline: Any, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """Cut off in the middle it is refused at restore, and the files' lock goes with it."""
    folder = tmp_path / "backup"
    with psycopg.connect(idle_pipeline.postgres_url) as connection:
        # It has to wait for this lock in its middle.
        connection.execute("SELECT pg_advisory_lock(7235421)")
        process = subprocess.Popen(
            (sys.executable, "-m", "flows.cli", "backup", str(folder)),
            env=idle_pipeline.environment,
        )
        wait_until((folder / "influxdb").exists, "the first half")
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert "no whole backup" in refused(idle_pipeline, "restore", str(folder))
    LakeWriter(idle_pipeline.postgres_url, idle_pipeline.lake_path).maintain(1)


def test_up_goes_on_from_a_restored_data_folder(
    tmp_path: Path, make_platform: Callable[[Path], Any], small_backup: Path, wait_until: WaitUntil
) -> None:
    """With no store named, `restore` fills a new data folder, and `up` goes on from it."""
    platform = make_platform(tmp_path / "new machine")
    done = platform.run("restore", str(small_backup))
    assert done.returncode == 0, done.stderr
    assert "not empty" in platform.run("restore", str(small_backup)).stderr
    try:
        platform.start()
        status = json.loads(platform.run("status", "--json").stdout)
        wait_until(
            lambda: (
                json.loads(platform.run("status", "--json").stdout)["stores"][0]["lag_events"] == 0
            ),
            "the stores",
        )
        assert status["events"]["accepted"] == 3
        assert "another 'cellpulse up' runs" in platform.run("restore", str(small_backup)).stderr
    finally:
        platform.stop()
