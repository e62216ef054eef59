"""The sample course, a class of it, and an ingest that can be away."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from flows.simulation.plan import ClassPlan, plan_class

Planner = Callable[..., ClassPlan]
Sent = dict[str, Any]


class RecordingIngest:
    """Answers as the ingest does, unless told otherwise, and remembers what it was sent.

    Attributes:
        answers: Status and body of the answers to the next requests, before normal ones; with
            status 0 it takes the events and hangs up, so that the client cannot know.
        requests: The events of each request.
        accepted: Each event that was accepted, in order.
        on_request: Called before each request is answered.
    """

    def __init__(self) -> None:
        self.answers: deque[tuple[int, Sent]] = deque()
        self.requests: list[list[Sent]] = []
        self.accepted: list[Sent] = []
        self.on_request: Callable[[], object] = lambda: None
        self.authorization: str | None = None
        self._known: set[tuple[str, int]] = set()
        ingest = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ingest.authorization = self.headers["Authorization"]
                status, answer = ingest.take(json.loads(body))
                if status == 0:
                    self.close_connection = True
                    return
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                """Keep the test's output free of requests."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self._server.server_bind()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Listen; before that, connections are refused."""
        self._server.server_activate()
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def take(self, events: list[Sent]) -> tuple[int, Sent]:
        """Return the status and the answer for a request."""
        self.requests.append(events)
        self.on_request()
        status, body = self.answers.popleft() if self.answers else (202, {})
        if status not in (0, 202):
            return status, body
        new = [e for e in events if (e["session_id"], e["seq"]) not in self._known]
        self._known |= {(e["session_id"], e["seq"]) for e in new}
        self.accepted += new
        repeats = len(events) - len(new)
        return status, {"accepted": len(new), "duplicates": repeats, "rejected": []}


@pytest.fixture
def silent_ingest() -> Iterator[RecordingIngest]:
    """Return a recording ingest that has an address but does not listen yet."""
    recording = RecordingIngest()
    yield recording
    recording.stop()


@pytest.fixture
def ingest(silent_ingest: RecordingIngest) -> RecordingIngest:
    """Return a recording ingest that listens."""
    silent_ingest.start()
    return silent_ingest


@pytest.fixture(scope="session")
def course_dir() -> Path:
    """Return the folder of the sample course."""
    return Path(__file__).parents[3] / "notebooks" / "course"


@pytest.fixture(scope="session")
def plan_sample(course_dir: Path) -> Planner:
    """Return a function that plans a class of the sample course."""

    def plan(students: int = 30, minutes: float = 90, seed: int = 0, **more: Any) -> ClassPlan:
        return plan_class(
            students=students, minutes=minutes, seed=seed, course_dir=course_dir, **more
        )

    return plan


@pytest.fixture(scope="session")
def lesson(plan_sample: Planner) -> ClassPlan:
    """Return a class of 30 students and 90 minutes."""
    return plan_sample()
