"""The platform's processes, each started by its own command, on the tests' servers."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.embedded.part import free_port
from flows.embedded.platform import http_answers, lives
from flows.migrate import prepare_databases
from flows.settings import InfluxSettings, LakeSettings
from ingest_api.tokens import Grant, Scope, issue_token

SECRET = "a-secret-that-only-the-tests-know"


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
            "INFLUXDB_URL": str(self.influx.url),
            "INFLUXDB_TOKEN": self.influx.token.get_secret_value(),
            "INFLUXDB_ORG": self.influx.org,
            "INFLUXDB_BUCKET": self.influx.bucket,
        }

    def start(self, name: str) -> None:
        module, answers = {
            "ingest": ("ingest_api.serve", lambda: http_answers(f"{self.ingest}/healthz")),
            "relay": ("flows.relay", lambda: lives(self.redis_url, "relay")),
            "worker": ("flows.worker", lambda: lives(self.redis_url, "worker")),
            "api": ("analytics.serve", lambda: http_answers(f"{self.api}/healthz")),
            "dashboard": (
                "streamlit_app.serve",
                lambda: http_answers(f"{self.dashboard}/_stcore/health"),
            ),
        }[name]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                (sys.executable, "-m", module), env=self.environment, stdout=log, stderr=log
            )
        self.wait_until(answers, name)

    def stop(self, name: str) -> int:
        process = self.processes.pop(name)
        process.terminate()
        try:
            return process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def cellpulse(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (sys.executable, "-m", "flows.cli", *arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

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
        self, scope: Scope = "ingest", course: str = "demo", student: str | None = None
    ) -> dict[str, str]:
        token = issue_token(SECRET, Grant(scope, course, student))
        return {"Authorization": f"Bearer {token}"}

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
        answer = httpx.get(
            f"{self.api}/api/v1/courses/demo/progress", headers=self.bearer("read"), timeout=30
        )
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

    def publish(self, event: object) -> None:
        text = event if isinstance(event, str) else json.dumps(event)
        assert self.redis_cli("PUBLISH", "progress-events", text).strip() != "0"


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
    for name in list(pipeline.processes):
        pipeline.stop(name)


@pytest.fixture
def pipeline(idle_pipeline: Pipeline) -> Pipeline:
    """Return the pipeline with all of its processes running."""
    for name in ("ingest", "relay", "worker", "api"):
        idle_pipeline.start(name)
    return idle_pipeline
