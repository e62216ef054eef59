"""The ingest on a real Redis, served by a real uvicorn on a free port."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from flows.embedded.part import free_port
from ingest_api.app import create_app
from ingest_api.progress import DirectProgress
from ingest_api.serve import without_logging_addresses
from ingest_api.settings import ClientLimits, IngestSettings
from ingest_api.tokens import Grant, Scope, issue_token

SECRET = "a-secret-that-only-the-tests-know"


@dataclass
class RunningIngest:
    """An ingest that listens."""

    port: int
    app: FastAPI
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)

    def token(
        self, scope: Scope = "ingest", course: str = "demo", student: str | None = None
    ) -> str:
        return issue_token(SECRET, Grant(scope, course, student))

    def post(self, json: object, token: str | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self.token(course='*')}"}
        return self.client.post("/student-progress", json=json, headers=headers)

    def websocket(self, query: str) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/dashboard?{query}"


@pytest.fixture
def serve_ingest(wait_until: Callable[..., None]) -> Iterator[Callable[..., RunningIngest]]:
    """Return a function that serves an ingest on a Redis address; all are stopped at the end."""
    running: list[tuple[uvicorn.Server, threading.Thread, RunningIngest]] = []

    def serve(redis_url: str, **settings: object) -> RunningIngest:
        given = {"CELLPULSE_REDIS_URL": redis_url, "CELLPULSE_SECRET": SECRET, **settings}
        app = create_app(IngestSettings.model_validate(given))
        port = free_port()
        server = uvicorn.Server(
            without_logging_addresses(DirectProgress(app), "127.0.0.1", port, ClientLimits())
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        wait_until(lambda: server.started, "the ingest")
        ingest = RunningIngest(port, app)
        running.append((server, thread, ingest))
        return ingest

    yield serve
    for server, thread, ingest in running:
        ingest.client.close()
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive(), "the ingest does not end"


@pytest.fixture
def ingest(serve_ingest: Callable[..., RunningIngest], redis_url: str) -> RunningIngest:
    """Return an ingest on an empty Redis."""
    return serve_ingest(redis_url)
