"""The platform's processes, each started by its own command, on the tests' servers."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
import uvicorn

from flows.embedded.answers import http_answers, lives
from flows.embedded.influxdb_server import EmbeddedInfluxDB
from flows.embedded.part import free_port
from flows.embedded.redis_server import redis_part
from flows.erasure.erase import Parts
from flows.migrations.migrate import prepare_databases
from flows.settings import InfluxSettings, LakeSettings
from ingest_api.tokens import Grant, Scope, issue_token
from tests.cellpulse import cellpulse

SECRET = "a-secret-that-only-the-tests-know"


@contextmanager
def serving(app: Any, port: int = 0) -> Iterator[str]:
    """Serve an app in a thread; yield its address."""
    listening = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(app, log_level="error", ws="websockets-sansio")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(60)
        listening.close()


@dataclass
class Pipeline:
    """The ingest, the relay, the worker and the API as processes, and where their stores are."""

    redis_url: str
    postgres_url: str
    lake_path: str
    influx: InfluxSettings
    folder: Path
    wait_until: Callable[..., None]
    ingest_port: int = field(default_factory=free_port)
    api_port: int = field(default_factory=free_port)
    dashboard_port: int = field(default_factory=free_port)
    relay_metrics_port: int = field(default_factory=free_port)
    worker_metrics_port: int = field(default_factory=free_port)
    course: str = "demo"
    logging: dict[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "CELLPULSE_DATA_DIR": str(self.folder),
            "CELLPULSE_REDIS_URL": self.redis_url,
            "CELLPULSE_POSTGRES_URL": self.postgres_url,
            "CELLPULSE_LAKE_PATH": self.lake_path,
            "CELLPULSE_SECRET": SECRET,
            "CELLPULSE_INGEST_PORT": str(self.ingest_port),
            "CELLPULSE_API_PORT": str(self.api_port),
            "CELLPULSE_DASHBOARD_PORT": str(self.dashboard_port),
            "CELLPULSE_RELAY_METRICS_PORT": str(self.relay_metrics_port),
            "CELLPULSE_WORKER_METRICS_PORT": str(self.worker_metrics_port),
            **self.logging,
            "INFLUXDB_URL": str(self.influx.url),
            "INFLUXDB_TOKEN": self.influx.token.get_secret_value(),
            "INFLUXDB_ORG": self.influx.org,
            "INFLUXDB_BUCKET": self.influx.bucket,
        }

    def start(self, *names: str) -> None:
        """Start processes, at once, and wait until each answers."""
        parts = {
            "ingest": ("ingest_api.serve", lambda: http_answers(f"{self.ingest}/healthz")),
            "relay": ("flows.relay", lambda: lives(self.redis_url, "relay")),
            "worker": ("flows.worker", lambda: lives(self.redis_url, "worker")),
            "api": ("analytics.serve", lambda: http_answers(f"{self.api}/healthz")),
            "dashboard": (
                "streamlit_app.serve",
                lambda: http_answers(f"{self.dashboard}/_stcore/health"),
            ),
        }
        for name in names:
            module, _ = parts[name]
            with (self.folder / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    (sys.executable, "-m", module), env=self.environment, stdout=log, stderr=log
                )
        for name in names:
            _, answers = parts[name]
            self.wait_until(answers, name)

    def stop(self, *names: str) -> None:
        """Stop processes, at once."""
        stopping = [self.processes.pop(name) for name in names]
        for process in stopping:
            process.terminate()
        for process in stopping:
            _end(process)

    def cellpulse(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return cellpulse(self.environment, *arguments)

    @property
    def ingest(self) -> str:
        return f"http://127.0.0.1:{self.ingest_port}"

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def dashboard(self) -> str:
        return f"http://127.0.0.1:{self.dashboard_port}"

    def bearer(
        self, scope: Scope = "ingest", course: str | None = None, student: str | None = None
    ) -> dict[str, str]:
        grant = Grant(scope, self.course if course is None else course, student)
        return {"Authorization": f"Bearer {issue_token(SECRET, grant)}"}

    def post(self, events: object) -> dict[str, Any]:
        answer = httpx.post(f"{self.ingest}/student-progress", json=events, headers=self.bearer())
        assert answer.status_code == 202, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def get(self, path: str) -> dict[str, Any]:
        answer = httpx.get(f"{self.api}/api/v1{path}", headers=self.bearer("read"), timeout=30)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def runs_by_api(self) -> int:
        """Return the course's runs as the aggregation API counts them; 0 before it knows it."""
        address = f"{self.api}/api/v1/courses/{self.course}/progress"
        answer = httpx.get(address, headers=self.bearer("read"), timeout=30)
        return 0 if answer.status_code == httpx.codes.NOT_FOUND else int(answer.json()["runs"])

    def redis_cli(self, *arguments: str) -> str:
        port = self.redis_url.rpartition(":")[2].partition("/")[0]
        return subprocess.run(
            ("redis-cli", "-p", port, *arguments), capture_output=True, text=True, check=True
        ).stdout

    def psql(self, query: str) -> str:
        return subprocess.run(
            ("psql", self.postgres_url, "-At", "-c", query),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    def influxql(self, query: str) -> list[list[Any]]:
        answer = httpx.get(
            f"{self.influx.url}/query",
            params={"db": self.influx.bucket, "epoch": "ns", "q": query},
        )
        series = answer.json()["results"][0].get("series", [])
        values: list[list[Any]] = series[0]["values"] if series else []
        return values

    def points(self) -> int:
        """How many events InfluxDB has; it gives no row before the first."""
        rows = self.influxql("SELECT count(event_id) FROM progress_event")
        return int(rows[0][1]) if rows else 0

    def publish(self, event: object) -> None:
        text = event if isinstance(event, str) else json.dumps(event)
        assert self.redis_cli("PUBLISH", "progress-events", text).strip() != "0"


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def shared_stores(
    running: Callable[..., Any],
    migrated_database: Callable[[], AbstractContextManager[str]],
    new_bucket: Callable[[], InfluxSettings],
    tmp_path_factory: pytest.TempPathFactory,
    wait_until: Callable[..., None],
) -> Iterator[Pipeline]:
    """Run a pipeline for all tests, on stores that no other test empties."""
    folder, port = tmp_path_factory.mktemp("shared"), free_port()
    redis = redis_part(folder / "redis", "127.0.0.1", port)
    with running(redis, folder / "redis.log"), migrated_database() as postgres_url:
        redis_url, lake_path = f"redis://127.0.0.1:{port}/0", str(folder / "lake")
        pipeline = Pipeline(redis_url, postgres_url, lake_path, new_bucket(), folder, wait_until)
        # What is logged at the most, so that no test leaves a secret in a log unseen.
        pipeline.logging |= {"CELLPULSE_LOG_FORMAT": "json", "CELLPULSE_LOG_LEVEL": "debug"}
        prepare_databases(
            LakeSettings(CELLPULSE_POSTGRES_URL=postgres_url, CELLPULSE_LAKE_PATH=lake_path)
        )
        pipeline.start("ingest", "relay", "worker", "api")
        yield pipeline
        pipeline.stop(*pipeline.processes)


@pytest.fixture(scope="session")
def with_dashboard(shared_stores: Pipeline) -> Pipeline:
    """Return the pipeline for all tests, with its dashboard running."""
    shared_stores.start("dashboard")
    return shared_stores


@pytest.fixture
def shared_pipeline(shared_stores: Pipeline) -> Pipeline:
    """Return a pipeline that other tests use too, and a course that is this test's own.

    Whoever stops a process, hurts a store or counts more than the course takes `pipeline`.
    """
    return replace(shared_stores, course=f"course-{uuid4().hex}")


@pytest.fixture
def watched_pipeline(with_dashboard: Pipeline) -> Pipeline:
    """Return a pipeline with its dashboard as `shared_pipeline` is: with a course of its own."""
    return replace(with_dashboard, course=f"course-{uuid4().hex}")


@pytest.fixture
def idle_pipeline(
    redis_url: str,
    postgres_url: str,
    lake_path: str,
    influx_settings: InfluxSettings,
    tmp_path: Path,
    wait_until: Callable[..., None],
) -> Iterator[Pipeline]:
    """Return the pipeline on fresh stores with none of its processes started."""
    prepare_databases(
        LakeSettings(CELLPULSE_POSTGRES_URL=postgres_url, CELLPULSE_LAKE_PATH=lake_path)
    )
    pipeline = Pipeline(redis_url, postgres_url, lake_path, influx_settings, tmp_path, wait_until)
    yield pipeline
    pipeline.stop(*pipeline.processes)


@pytest.fixture
def pipeline(idle_pipeline: Pipeline) -> Pipeline:
    """Return the pipeline with all of its processes running."""
    idle_pipeline.start("ingest", "relay", "worker", "api")
    return idle_pipeline


@pytest.fixture
def nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have `cellpulse forget` wait a moment for those who read the lake, instead of 12 s."""
    monkeypatch.setattr("flows.commands.forget.Parts", partial(Parts, readers_seconds=0.5))


@pytest.fixture
def elsewhere(
    pipeline: Any,
    tmp_path: Path,
    running: Callable[..., Any],
    postgres_server: Callable[[str], str],
    influxdb_server: EmbeddedInfluxDB,
) -> Iterator[Any]:
    """Return an empty platform on stores of its own, with none of its processes started."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    database, port = f"test_{uuid4().hex}", free_port()
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {database}".encode())
    bucket = replace(influxdb_server, bucket=database)
    bucket.set_up()
    influx = InfluxSettings(
        INFLUXDB_URL=bucket.url,
        INFLUXDB_TOKEN=bucket.token,
        INFLUXDB_ORG=bucket.org,
        INFLUXDB_BUCKET=database,
    )
    with running(redis_part(folder / "redis", "127.0.0.1", port), folder / "redis.log"):
        platform = replace(
            pipeline,
            redis_url=f"redis://127.0.0.1:{port}/0",
            postgres_url=postgres_server(database),
            lake_path=str(folder / "lake"),
            influx=influx,
            folder=folder,
            ingest_port=free_port(),
            api_port=free_port(),
            processes={},
        )
        yield platform
        platform.stop(*platform.processes)
