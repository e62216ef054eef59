"""`cellpulse forget`: a student leaves every store, provably, and nobody else loses anything."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from redis import Redis

from flows.backup.full_log import restore_events
from flows.erasure import erase as erasing
from flows.erasure.again import erase_again
from flows.erasure.erase import Parts, erase, people
from flows.erasure.erased import Keys
from flows.redis_client import connect_redis
from flows.settings import FlowsSettings
from flows.stores import erased_sessions
from flows.stores.lake_attach import attach_lake
from flows.stores.postgres import engine_for
from flows.stores.store import StoreUnavailableError
from ingest_api.notices import SEEN, TO_RECORD
from tests.cellpulse import cellpulse
from tests.integration.conftest import SECRET
from tests.integration.places import places_of

ZOE = "zoe-7f3a91"
NAME = "Zoë Forget-Me"
#: Everything that only she has; none of it may stand in any byte afterwards.
HERS = (ZOE, "Forget-Me", "zoe-kernel-0", "hers/zoe.ipynb", "her own words", "her exercise")
TOLD = (
    f"UPDATE enrollments SET display_name = '{NAME}', section = 'A' WHERE student_id = '{ZOE}'",
    f"INSERT INTO attention_snoozes VALUES ('demo', '{ZOE}', now(), now(), 'Ada')",
    f"INSERT INTO attention_marks VALUES ('demo', '{ZOE}', now(), 'going', 'Ada')",
    f"INSERT INTO student_notes VALUES ('n', 'demo', '{ZOE}', now(), 'Ada', 'her own words', NULL)",
    f"INSERT INTO deletion_requests VALUES ('demo', '{ZOE}', now())",
)


def run(student: str, seq: int, **fields: Any) -> dict[str, Any]:
    return {
        "course_id": "demo",
        "student_id": student,
        "status": "error" if seq % 3 else "ok",
        "session_id": f"{student.partition('-')[0]}-kernel-{seq % 2}",
        "seq": 1 + seq // 2,
        "notebook": "a.ipynb",
        "exercise": f"1.{seq % 3}",
        "duration_ms": seq / 4,
        **fields,
    }


def class_of(first: int, count: int) -> list[dict[str, Any]]:
    """Return runs of four students and of Zoe, mixed, hers with what only she has."""
    events = []
    for seq in range(first, first + count):
        events += [run(f"s{n}", seq) for n in range(4)]
        own = {"code": "'her own words'", "error_message": "her own words"}
        own |= {"notebook": "hers/zoe.ipynb", "exercise": "her exercise"} if seq % 2 else {}
        events.append(run(ZOE, seq, **own))
    return events


def is_even(platform: Any) -> bool:
    done = platform.cellpulse("status", "--json")
    return all(store["lag_events"] == 0 for store in json.loads(done.stdout)["stores"])


def audit(platform: Any) -> str:
    done = platform.cellpulse("audit")
    assert done.returncode == 0, done.stdout
    return str(done.stdout)


def rows(platform: Any, query: str) -> list[tuple[Any, ...]]:
    with attach_lake(platform.postgres_url, platform.lake_path, read_only=True) as lake:
        return sorted(lake.execute(query).fetchall(), key=repr)


def of_others(platform: Any) -> dict[str, Any]:
    """Return everything that is kept of the students s0 to s3."""
    tables = ("enrollments", "sessions", "student_states", "attention_snoozes", "students")
    only = "WHERE student_id LIKE 's_'"
    with Redis.from_url(platform.redis_url) as redis:
        log = [each for each in redis.xrange("progress-events:log") if b'"s' in each[1][b"event"]]
    return {
        "log": [each for each in log if ZOE.encode() not in each[1][b"event"]],
        **{table: platform.psql(f"SELECT * FROM {table} {only} ORDER BY 1, 2") for table in tables},
        "events": rows(platform, f"FROM lake.events {only}"),
        "rollups": rows(platform, f"FROM lake.rollup_student_exercise {only}"),
        "points": platform.influxql("SELECT * FROM progress_event WHERE student_id =~ /^s.$/"),
    }


def known_losses(platform: Any) -> list[tuple[str, int, int]]:
    """Return whose sequence numbers the audit takes for lost, with the first and the last."""
    report = json.loads(platform.cellpulse("audit", "--json").stdout)
    return [
        (loss["student_id"], loss["first_seq"], loss["last_seq"]) for loss in report["known_losses"]
    ]


@contextmanager
def going_on(platform: Any, first: int) -> Iterator[None]:
    """Have the others go on with their work meanwhile."""
    ended = threading.Event()

    def work() -> None:
        for seq in range(first, first + 10_000):
            platform.post([run(f"s{n}", seq) for n in range(4)])
            if ended.wait(0.05):
                return

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("nobody_reads")
def test_a_student_leaves_every_store_while_the_class_goes_on(
    pipeline: Any, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    """No byte of hers is left, the others have all they had, and the audit agrees."""
    for first in (0, 60, 120):
        pipeline.post(class_of(first, 60))
        wait_until(lambda: is_even(pipeline), "all stores at the log's end")
    # A part of the history is in the stores alone, a part in files, a part in the catalog.
    with Redis.from_url(pipeline.redis_url) as redis:
        redis.xtrim("progress-events:log", maxlen=500, approximate=False)
        redis.xadd(
            "progress-events:rejected",
            {"raw": json.dumps(run(ZOE, 1)), "reason": "a test", "source": "channel"},
        )
        seen = '{"version": "v1", "seen_at": "2026-03-02T09:00:00Z"}'
        for key in (SEEN, TO_RECORD):
            redis.hset(key, json.dumps(["demo", ZOE]), seen)
    for statement in TOLD:
        pipeline.psql(statement)
    token = pipeline.cellpulse(
        *("token", "--scope", "ingest", "--course", "demo", "--student", ZOE)
    ).stdout.strip()
    own_page = own_page_of(pipeline, token)
    export = tmp_path / "exports" / ("a" * 32)
    export.mkdir(parents=True)
    (export / "order.json").write_text(json.dumps({"course_id": "demo"}))
    backup = tmp_path / "backup"
    assert pipeline.cellpulse("backup", str(backup)).returncode == 0
    assert places_of(pipeline, HERS)
    before = of_others(pipeline)
    events_before = rows(pipeline, "SELECT count(*) FROM lake.events WHERE student_id LIKE 's_'")

    with going_on(pipeline, 200):
        done = pipeline.cellpulse("forget", "--student", ZOE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing of them is found in any store" in done.stdout
    assert str(backup) in done.stdout
    for store in ("Redis", "PostgreSQL", "the lake's files", "InfluxDB"):
        assert f"searched {store}" in done.stdout
    wait_until(lambda: is_even(pipeline), "all stores at the log's end")
    assert places_of(pipeline, HERS) == []
    assert not export.exists()

    after = of_others(pipeline)
    for what in ("log", "events", "points"):
        kept = [each for each in after[what] if each in before[what]]
        assert kept == before[what], what
    assert events_before <= rows(
        pipeline, "SELECT count(*) FROM lake.events WHERE student_id LIKE 's_'"
    )
    audit(pipeline)
    assert json.loads(pipeline.cellpulse("status", "--json").stdout)["stores"][0]["missed"] == 0

    answer = httpx.post(
        f"{pipeline.ingest}/student-progress",
        json=run(ZOE, 500),
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code in (401, 403), answer.text
    viewer = f"{pipeline.api}/api/v1/viewer"
    assert httpx.get(viewer, headers=own_page).json()["detail"].startswith("you have signed out")
    listed = pipeline.cellpulse("forget", "--list").stdout
    assert "nobody asks to be deleted" in listed
    assert "done" in listed
    assert ZOE not in listed
    again = pipeline.cellpulse("forget", "--student", ZOE)
    assert again.returncode == 2
    assert again.stderr.count("\n") == 1
    assert "nobody with the id" in again.stderr


def own_page_of(platform: Any, token: str) -> dict[str, str]:
    """Open her own page, and return the header with its session's token."""
    asked = {"course_id": "demo", "student_id": ZOE}
    bearer = {"Authorization": f"Bearer {token}"}
    link = httpx.post(f"{platform.ingest}/student-page", json=asked, headers=bearer).json()["link"]
    code = {"code": httpx.URL(link).params["code"]}
    session = httpx.post(f"{platform.api}/api/v1/student-page", json=code).json()
    header = {"Authorization": f"Bearer {session['token']}"}
    assert httpx.get(f"{platform.api}/api/v1/viewer", headers=header).status_code == 200
    return header


@contextmanager
def parts_of(platform: Any) -> Iterator[Parts]:
    """Open what an erasure works with, in this process; nobody reads the lake."""
    settings = FlowsSettings(
        CELLPULSE_REDIS_URL=platform.redis_url,
        CELLPULSE_POSTGRES_URL=platform.postgres_url,
        CELLPULSE_LAKE_PATH=platform.lake_path,
        influx=platform.influx,
    )
    engine = engine_for(settings.postgres_url)
    with (
        patch.dict("os.environ", CELLPULSE_DATA_DIR=str(platform.folder)),
        connect_redis(settings.redis_url) as redis,
    ):
        yield Parts(settings, engine, redis, Keys([SECRET]), lambda _: None, 0.0)
    engine.dispose()


#: Each of these is cut off once; what came before it was done.
STEPS = ("erase_from_postgres", "erase_from_lake", "rewrite_lake")


@pytest.mark.timeout(600)
def test_an_erasure_that_was_cut_off_is_completed(
    idle_pipeline: Any, wait_until: Callable[..., None]
) -> None:
    """Said again it completes, and each event that went is counted once; who sends again is new."""
    here = idle_pipeline
    here.start("ingest", "relay", "worker")
    here.post([run(f"{step}-0", seq) for seq in range(6) for step in (*STEPS, "stays")])
    wait_until(lambda: is_even(here), "all stores at the log's end")
    with parts_of(here) as parts:
        for step in STEPS:
            student = f"{step}-0"
            with (
                patch.object(erasing, step, side_effect=StoreUnavailableError("cut off")),
                pytest.raises(StoreUnavailableError, match="cut off"),
            ):
                erase(parts, people(parts, student, None))
            assert erase(parts, people(parts, student, None)).is_whole
        assert places_of(here, tuple(f"{step}-0" for step in STEPS)) == []
        audit(here)
    assert here.psql("SELECT count(*) FROM erased_sessions") == "6"
    here.post([run(f"{STEPS[0]}-0", seq) for seq in (6, 7)])
    wait_until(lambda: is_even(here), "all stores at the log's end")
    audit(here)
    counts = rows(here, "SELECT student_id, count(*) FROM lake.events GROUP BY ALL")
    assert counts == [(f"{STEPS[0]}-0", 2), ("stays-0", 6)]
    # What was erased of sessions that go on is no loss; what is lost afterwards is one.
    assert known_losses(here) == []
    assert here.psql("SELECT count(*) FROM erased_sessions") == "4"
    here.post([run(f"{STEPS[0]}-0", 12)])
    wait_until(lambda: is_even(here), "all stores at the log's end")
    audit(here)
    assert known_losses(here) == [(f"{STEPS[0]}-0", 5, 6)]
    # Erased once more, and going on once more.
    with parts_of(here) as parts:
        assert erase(parts, people(parts, f"{STEPS[0]}-0", None)).is_whole
    here.post([run(f"{STEPS[0]}-0", 14)])
    wait_until(lambda: is_even(here), "all stores at the log's end")
    audit(here)
    assert known_losses(here) == []
    here.psql("UPDATE erased_sessions SET erased_at = now() - interval '31 days'")
    with parts_of(here) as parts:
        erased_sessions.drop_old(parts.engine)
    assert here.psql("SELECT count(*) FROM erased_sessions") == "0"


@pytest.mark.timeout(600)
def test_who_was_erased_does_not_come_back(
    pipeline: Any, elsewhere: Any, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    """Neither from an older backup, nor from an InfluxDB that was restored by its own means."""
    here = pipeline
    here.post([run(student, seq) for seq in range(6) for student in (ZOE, "stays-0")])
    elsewhere_too = run(ZOE, 8, course_id="other", session_id="zoe-elsewhere")
    bearer = here.bearer(course="other")
    answer = httpx.post(f"{here.ingest}/student-progress", json=elsewhere_too, headers=bearer)
    assert answer.status_code == 202
    wait_until(lambda: is_even(here), "all stores at the log's end")
    backup = tmp_path / "backup"
    assert here.cellpulse("backup", str(backup)).returncode == 0
    with parts_of(here) as parts:
        report = erase(parts, people(parts, ZOE, "demo"))
        assert report.is_whole
        assert any("somebody still has the id" in note for note in report.notes)
        assert rows(here, f"SELECT course_id FROM lake.events WHERE student_id = '{ZOE}'") == [
            ("other",)
        ]
        assert erase(parts, people(parts, ZOE, None)).is_whole
    assert places_of(here, (ZOE,)) == []

    restored = elsewhere.cellpulse("restore", str(backup))
    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert places_of(elsewhere, (ZOE,)) == []
    elsewhere.start("relay", "worker")
    wait_until(lambda: is_even(elsewhere), "all stores at the log's end")
    audit(elsewhere)
    assert rows(elsewhere, "SELECT student_id, count(*) FROM lake.events GROUP BY ALL") == [
        ("stays-0", 6)
    ]

    restore_events(here.influx, backup)
    assert here.cellpulse("rebuild").returncode == 0
    wait_until(lambda: is_even(here), "all stores at the log's end")
    assert {place.partition(":")[0] for place in places_of(here, (ZOE,))} == {"influxdb"}
    other_secret = here.environment | {"CELLPULSE_SECRET": "another-secret-" * 3}
    refused = cellpulse(other_secret, "forget", "--again")
    assert refused.returncode == 1
    assert "CELLPULSE_SECRET_PREVIOUS" in refused.stderr
    with parts_of(here) as parts:
        again = erase_again(parts)
        assert again is not None
        assert again.is_whole
        assert erase_again(parts) is None
    assert places_of(here, (ZOE,)) == []
    audit(here)
