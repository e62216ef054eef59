"""The lake's files in a bucket of a real S3 server, which looks at every request's signature."""

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import psycopg
import pytest

from analytics.errors import LakeUnavailableError
from analytics.lake.connection import connect
from flows.embedded.part import Part, free_port
from flows.embedded.redis_server import redis_part
from flows.erasure.erase import erase, people
from flows.erasure.marks import Marks
from flows.erasure.search import search_lake
from flows.log.logged_event import LoggedEvent
from flows.settings import InfluxSettings
from flows.stores.lake import LakeWriter
from flows.stores.lake_attach import attach_lake
from ingest_api.events import ProgressEvent, StoredEvent
from tests.cellpulse import cellpulse
from tests.integration.conftest import Pipeline
from tests.integration.places import places_of
from tests.integration.test_forget import HERS, ZOE, audit, class_of, is_even, parts_of, rows

KEY_ID, THE_SECRET = "KEYOFTHELAKE", "a/secret+with'all=kinds"
WaitUntil = Callable[..., None]
OPERATE = (Path(__file__).parents[2] / "docs" / "operate.md").read_text()
#: More than stay in the catalog: they come into the bucket at once.
MANY = 300


@dataclass
class Server:
    """An S3 server with one bucket, `school`: a folder here, and its objects are files in it."""

    folder: Path
    running: Callable[..., AbstractContextManager[Any]]
    port: int = field(default_factory=free_port)
    runs: ExitStack = field(default_factory=ExitStack)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "CELLPULSE_LAKE_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "CELLPULSE_LAKE_REGION": "eu-school-1",
            "CELLPULSE_LAKE_KEY_ID": KEY_ID,
            "CELLPULSE_LAKE_SECRET": THE_SECRET,
        }

    def start(self) -> None:
        command = (sys.executable, "-m", "nanio.cli", "serve", "--host", "127.0.0.1")
        part = Part(
            "s3",
            (*command, "--port", str(self.port), "--data-dir", str(self.folder)),
            answers=self.answers,
            environment={"NANIO_ACCESS_KEY": KEY_ID, "NANIO_SECRET_KEY": THE_SECRET},
        )
        self.runs.enter_context(self.running(part, self.folder.with_suffix(".log")))

    def answers(self) -> bool:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        return False

    def stop(self) -> None:
        self.runs.close()

    def sizes(self, prefix: str = "lake") -> dict[str, int]:
        """Return the objects below a prefix as the server's disk has them, with their bytes."""
        below = self.folder / "school" / prefix
        found = {}
        for each in below.rglob("*"):
            with suppress(FileNotFoundError):  # of an upload that is just completed
                if each.is_file():
                    found[str(each.relative_to(below))] = each.stat().st_size
        return found

    def objects(self, prefix: str = "lake") -> set[str]:
        """Return their names."""
        return set(self.sizes(prefix))


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, running: Callable[..., Any]
) -> Iterator[Server]:
    """Run the S3 server, and give this process its key."""
    folder = tmp_path_factory.mktemp("s3") / "data"
    (folder / "school").mkdir(parents=True)
    server = Server(folder, running)
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield server
    server.stop()


@pytest.fixture(scope="module")
def platform(
    server: Server,
    running: Callable[..., Any],
    postgres_server: Callable[[str], str],
    migrated_database: Callable[[], AbstractContextManager[str]],
    new_bucket: Callable[[], InfluxSettings],
    tmp_path_factory: pytest.TempPathFactory,
    wait_until: WaitUntil,
) -> Iterator[Pipeline]:
    """Run a pipeline whose lake is in the bucket, for all tests of this file."""
    del postgres_server
    folder, port = tmp_path_factory.mktemp("on-s3"), free_port()
    redis = redis_part(folder / "redis", "127.0.0.1", port)
    with running(redis, folder / "redis.log"), migrated_database() as postgres_url:
        redis_url = f"redis://127.0.0.1:{port}/0"
        bucket = new_bucket()
        here = Pipeline(redis_url, postgres_url, "s3://school/lake", bucket, folder, wait_until)
        here.logging |= server.environment
        here.logging |= {"CELLPULSE_LOG_FORMAT": "json", "CELLPULSE_LOG_LEVEL": "debug"}
        done = here.cellpulse("migrate")
        assert done.returncode == 0, done.stderr
        here.start("ingest", "relay", "worker", "api")
        yield here
        here.stop(*here.processes)
        logs = b"".join(each.read_bytes() for each in folder.glob("*.log"))
        assert THE_SECRET.encode() not in logs


@pytest.fixture
def here(platform: Pipeline) -> Pipeline:
    """Return the pipeline, with a course that is this test's own."""
    return replace(platform, course=f"course-{uuid4().hex}")


def events(course: str, count: int) -> list[dict[str, Any]]:
    return [
        {"course_id": course, "student_id": f"s{n % 5}", "status": "error" if n % 3 else "ok"}
        | {"session_id": f"{course}-{n % 5}", "seq": 1 + n // 5, "exercise": f"1.{n % 3}"}
        for n in range(count)
    ]


def in_lake(platform: Pipeline, course: str) -> tuple[int, int]:
    """Return how many events of a course the lake has, and how many different ones."""
    query = "SELECT count(*), count(DISTINCT position_ns) FROM lake.events WHERE course_id = ?"
    with attach_lake(platform.postgres_url, platform.lake_path, read_only=True) as lake:
        [(count, different)] = lake.execute(query, [course]).fetchall()
    return int(count), int(different)


def test_events_go_into_the_bucket_and_out_of_the_api(
    here: Pipeline, server: Server, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """They are objects there before and after maintenance; API, notebooks and exports read them."""
    here.post(events(here.course, MANY))
    wait_until(lambda: here.runs_by_api() == MANY, "the API's numbers")
    of_course = {each for each in server.objects() if here.course in each}
    assert of_course
    LakeWriter(here.postgres_url, here.lake_path).maintain(30)
    asked = here.get(f"/courses/{here.course}/measures/error_quotient?by=student")
    assert len(asked["rows"]) == 5
    with connect(here.postgres_url, here.lake_path) as notebook:
        query = "SELECT count(*) FROM events WHERE course_id = ?"
        assert notebook.execute(query, [here.course]).fetchall() == [(MANY,)]
        assert THE_SECRET not in repr(notebook.execute("FROM duckdb_secrets()").fetchall())
        with pytest.raises(duckdb.Error, match="unredacted secrets is disabled"):
            notebook.execute("FROM duckdb_secrets(redact=false)")
    out = tmp_path / "export"
    done = here.cellpulse("export", "--format", "csv", "--course", here.course, "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert (out / "events.csv").read_text().count("\n") == MANY + 1
    audit(here)
    told = here.cellpulse("doctor").stdout
    assert "can be read, written and deleted at s3://school/lake" in told
    assert not {each for each in server.objects() if "tried" in each}
    assert THE_SECRET not in here.psql("SELECT * FROM lake.ducklake_metadata")


def test_while_the_server_is_away_nothing_is_lost_and_nothing_doubled(
    here: Pipeline, server: Server, wait_until: WaitUntil
) -> None:
    """The log keeps what comes; the lake gets it once when the server is back."""
    server.stop()
    try:
        for first in (0, MANY):
            here.post(events(here.course, 2 * MANY)[first : first + MANY])
        log = here.folder / "worker.log"
        wait_until(lambda: "the bucket does not answer" in log.read_text(), "a try to write")
        found = here.cellpulse("doctor").stdout
        assert "the bucket does not answer" in found
        assert "CELLPULSE_LAKE_ENDPOINT" in found
    finally:
        server.start()
    wait_until(lambda: is_even(here), "every store")
    assert in_lake(here, here.course) == (2 * MANY, 2 * MANY)
    wait_until(lambda: here.runs_by_api() == 2 * MANY, "the API's numbers")
    audit(here)


def test_what_is_wrong_is_said_in_one_line_at_the_start(here: Pipeline) -> None:
    """A wrong key, no bucket, and bad settings, by what opens the lake first; no secret is told."""
    wrong_key = {"CELLPULSE_LAKE_SECRET": "not-the-secret-at-all"}
    no_bucket = {"CELLPULSE_LAKE_PATH": "s3://nowhere/lake"}
    for given, says in (
        (wrong_key, "the bucket refuses the key (SignatureDoesNotMatch): correct CELLPULSE_LAKE_"),
        (no_bucket, "the bucket is not there (NoSuchBucket): make it, or correct CELLPULSE_LAKE_"),
        (
            {"CELLPULSE_LAKE_PATH": "s3://school"},
            "CELLPULSE_LAKE_PATH is 's3://school': must be a folder",
        ),
        ({"CELLPULSE_LAKE_PATH": "s3://k:not-the-secret@school/lake"}, "CELLPULSE_LAKE_PATH: "),
        ({"CELLPULSE_LAKE_PATH": "gs://school/lake"}, "must be a folder, or s3://bucket/prefix"),
        ({"CELLPULSE_LAKE_KEY_ID": ""}, "CELLPULSE_LAKE_KEY_ID is not set"),
        ({"CELLPULSE_LAKE_ENDPOINT": "http://me:not-the-secret@h"}, "CELLPULSE_LAKE_ENDPOINT: "),
    ):
        environment = here.environment | given | {"CELLPULSE_API_PORT": str(free_port())}
        told = [cellpulse(environment, "migrate").stderr]
        if given is wrong_key:
            told += started(environment, "flows.worker", "analytics.serve")
        for each in told:
            assert says in each
            assert each.count("\n") == 1, each
            assert "not-the-secret" not in each
    for given, says in ((wrong_key, "refuses the key"), (no_bucket, "is not there")):
        found = cellpulse(here.environment | given, "doctor").stdout
        [bad] = [line for line in found.splitlines() if says in line]
        assert bad.startswith("bad    lake")
        assert "correct CELLPULSE_LAKE_" in bad
        assert "not-the-secret" not in found


def started(environment: dict[str, str], *modules: str) -> list[str]:
    """Return what processes say that must not start."""
    processes = [
        subprocess.Popen(
            (sys.executable, "-m", module), env=environment, stderr=subprocess.PIPE, text=True
        )
        for module in modules
    ]
    told = [process.communicate(timeout=120)[1] for process in processes]
    assert all(process.returncode for process in processes)
    return told


def test_a_notebook_with_a_wrong_key_is_told(
    here: Pipeline, monkeypatch: pytest.MonkeyPatch, wait_until: WaitUntil
) -> None:
    """What DuckDB says of the bucket comes as our own line."""
    here.post(events(here.course, MANY))
    wait_until(lambda: here.runs_by_api() == MANY, "the API's numbers")
    monkeypatch.setenv("CELLPULSE_LAKE_SECRET", "not-the-secret-at-all")
    with (
        pytest.raises((LakeUnavailableError, duckdb.Error), match="SignatureDoesNotMatch"),
        connect(here.postgres_url, here.lake_path) as notebook,
    ):
        notebook.execute("SELECT sum(seq) FROM events WHERE course_id = ?", [here.course])


@pytest.mark.timeout(600)
def test_who_is_erased_leaves_no_byte_in_the_bucket(
    platform: Pipeline, server: Server, wait_until: WaitUntil
) -> None:
    """The files with her rows are written anew and the old ones deleted, which a search proves."""
    for first in (0, 60):
        platform.post(class_of(first, 60))
        wait_until(lambda: is_even(platform), "every store")
    LakeWriter(platform.postgres_url, platform.lake_path).maintain(30)
    on_disk = replace(platform, lake_path=str(server.folder))
    before = server.objects()
    assert any("school" in place for place in places_of(on_disk, HERS))
    with parts_of(platform) as parts:
        assert search_lake(parts.settings, Marks(names={ZOE})).found
        report = erase(parts, people(parts, ZOE, None))

        def each_object_is_searched() -> bool:
            there = server.sizes()
            searched = search_lake(parts.settings, Marks(names={ZOE}))
            assert not searched.found
            seen = searched.what["files"], searched.what["bytes of files"]
            return seen == (len(there), sum(there.values()))

        # The worker's maintenance may come between.
        wait_until(each_object_is_searched, "a search of all objects")
    assert report.is_whole
    [of_lake] = [each for each in report.searched if each.where == "the lake's files"]
    assert "old versions" in of_lake.words
    after = server.objects()
    assert before - after
    assert places_of(on_disk, HERS) == []
    assert rows(platform, "SELECT count(*) FROM lake.events WHERE student_id LIKE 's_'") >= [(480,)]
    audit(platform)


def test_a_lake_that_is_damaged_is_rebuilt(here: Pipeline, wait_until: WaitUntil) -> None:
    """`cellpulse rebuild` makes the bucket's lake from the full log."""
    here.post(events(here.course, MANY))
    wait_until(lambda: is_even(here), "every store")
    with attach_lake(here.postgres_url, here.lake_path, read_only=False) as lake:
        lake.execute("DELETE FROM lake.events WHERE student_id = 's1'")
    assert in_lake(here, here.course)[0] < MANY
    done = here.cellpulse("rebuild")
    assert done.returncode == 0, done.stderr
    wait_until(lambda: is_even(here), "every store")
    assert in_lake(here, here.course) == (MANY, MANY)
    audit(here)


@pytest.mark.timeout(600)
def test_a_backup_has_the_lake_and_a_restore_puts_it_into_another_bucket(
    here: Pipeline,
    server: Server,
    postgres_server: Callable[[str], str],
    new_bucket: Callable[[], InfluxSettings],
    tmp_path: Path,
    wait_until: WaitUntil,
) -> None:
    """Its files are in the backup, and every row is there again at the other place."""
    here.post(events(here.course, MANY))
    wait_until(lambda: is_even(here), "every store")
    LakeWriter(here.postgres_url, here.lake_path).maintain(30)
    backup = tmp_path / "backup"
    done = here.cellpulse("backup", str(backup))
    assert done.returncode == 0, done.stderr
    assert [each for each in backup.rglob("*.parquet") if here.course in str(each)]
    database = f"test_{uuid4().hex}"
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {database}".encode())
    elsewhere = replace(
        here,
        redis_url=f"{here.redis_url.rpartition('/')[0]}/1",
        postgres_url=postgres_server(database),
        lake_path="s3://school/elsewhere",
        influx=new_bucket(),
        folder=tmp_path,
        processes={},
    )
    done = elsewhere.cellpulse("restore", str(backup))
    assert done.returncode == 0, done.stderr
    assert rows(elsewhere, "FROM lake.events") == rows(here, "FROM lake.events")
    assert [each for each in server.objects("elsewhere") if here.course in each]
    audit(elsewhere)


def append(writer: LakeWriter, first: int) -> None:
    """Append many events, as from the log."""
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    batch = [
        LoggedEvent(
            f"{1_000 + first + number}-0",
            StoredEvent.accept(ProgressEvent.model_validate(event), received_at=at),
        )
        for number, event in enumerate(events("demo", MANY))
    ]
    writer.apply(batch, batch[-1].position)


def test_a_lake_moves_from_its_folder_into_the_bucket(
    server: Server, postgres_url: str, lake_path: str
) -> None:
    """Copied as docs/operate.md says, it is read and goes on there."""
    writer = LakeWriter(postgres_url, lake_path)
    append(writer, 0)
    writer.close()
    shutil.copytree(lake_path, server.folder / "school" / "moved")
    [statement] = re.findall(r"^psql \S+ -c \"(UPDATE .*)\"$", OPERATE, re.MULTILINE)
    moved = statement.replace("s3://bucket/prefix/", "s3://school/moved/")
    with psycopg.connect(postgres_url) as connection:
        connection.execute(moved.encode())
    writer = LakeWriter(postgres_url, "s3://school/moved")
    before = server.objects("moved")
    append(writer, MANY)
    writer.close()
    assert server.objects("moved") > before
    with connect(postgres_url, "s3://school/moved") as notebook:
        assert notebook.execute("SELECT count(*) FROM events").fetchall() == [(2 * MANY,)]
