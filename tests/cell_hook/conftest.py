"""A recording ingest, and real kernels that have the hook."""

import json
import os
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

_WAIT_S = 60.0


class Ingest:
    """Answers like the real ingest, unless told otherwise, and remembers everything.

    Attributes:
        requests: The events of each request, in order.
        headers: The headers of each request.
        events: Each event that was accepted, once, by (session_id, seq).
        answers: Answers (status, headers, body) for the next requests, before normal ones.
        poison: Says of an event that a request with it can't be taken.
        busy: Says of an event that a request with it can't be taken just now.
        preferences: What the student allows, as each receipt says it; None for not at all.
        notice: What the course tells the student, as each receipt says it; None for nothing.
        asked: What else was asked for: path and content.
        others: Answers to these, by path.
    """

    def __init__(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        self.requests: list[list[dict[str, Any]]] = []
        self.headers: list[dict[str, str]] = []
        self.events: dict[tuple[str, int], dict[str, Any]] = {}
        self.answers: deque[tuple[int, dict[str, str], dict[str, Any]]] = deque()
        self.poison: Callable[[dict[str, Any]], bool] = lambda _: False
        self.busy: Callable[[dict[str, Any]], bool] = lambda _: False
        self.preferences: dict[str, bool] | None = None
        self.notice: dict[str, str] | None = None
        self.asked: list[tuple[str, Any]] = []
        self.others: dict[str, tuple[int, dict[str, str], dict[str, Any]]] = {}
        self._changed = threading.Condition()
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        """Return where it is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen, on the same port as before."""
        ingest = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                take = ingest._take if self.path == "/student-progress" else ingest._tell
                status, headers, answer = take(self.path, dict(self.headers), json.loads(body))
                text = json.dumps(answer).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(text))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        """Be away: connections are refused."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _tell(
        self, path: str, headers: dict[str, str], content: Any
    ) -> tuple[int, dict[str, str], dict[str, Any]]:
        with self._changed:
            self.headers.append(headers)
            self.asked.append((path, content))
            answer = self.others.get(path) or self.problem(404, "there is nothing here")
            self._changed.notify_all()
        return answer

    def _take(
        self, _: str, headers: dict[str, str], events: list[dict[str, Any]]
    ) -> tuple[int, dict[str, str], dict[str, Any]]:
        with self._changed:
            self.requests.append(events)
            self.headers.append(headers)
            if self.answers:
                answer = self.answers.popleft()
            elif any(map(self.busy, events)):
                answer = self.problem(503, "just now there is no room")
            elif any(map(self.poison, events)):
                answer = self.problem(422, "there is poison in it")
            else:
                before = len(self.events)
                for event in events:
                    self.events.setdefault((event["session_id"], event["seq"]), event)
                accepted = len(self.events) - before
                duplicates = len(events) - accepted
                body: dict[str, Any] = {
                    "accepted": accepted,
                    "duplicates": duplicates,
                    "rejected": [],
                    "preferences": self.preferences,
                    "notice": self.notice,
                }
                answer = (202, {}, body)
            self._changed.notify_all()
        return answer

    @staticmethod
    def problem(
        status: int, detail: str, **members: Any
    ) -> tuple[int, dict[str, str], dict[str, Any]]:
        """Return an error in the ingest's own shape, for `answers`."""
        headers = {"Content-Type": "application/problem+json"}
        return status, headers, {"status": status, "detail": detail, **members}

    def wait_until(self, condition: Callable[[], Any]) -> Any:
        """Return what `condition` returns once that is true; it is asked after each request."""
        with self._changed:
            result = self._changed.wait_for(condition, _WAIT_S)
        assert result, f"it did not happen; accepted: {list(self.events.values())}"
        return result

    def find(self, **fields: Any) -> list[dict[str, Any]]:
        """Return the accepted events that have `fields`, ordered by their number."""
        with self._changed:
            found = [e for e in self.events.values() if fields.items() <= e.items()]
        return sorted(found, key=lambda event: (event["session_id"], event["seq"]))

    def wait_for(self, **fields: Any) -> dict[str, Any]:
        """Return the first accepted event that has `fields`, once it is there."""
        event: dict[str, Any] = self.wait_until(lambda: self.find(**fields))[0]
        return event


class Kernel:
    """A real kernel, driven as JupyterLab does it."""

    def __init__(
        self,
        environment: dict[str, str],
        cwd: Path,
        *arguments: str,
        name: str = "python3",
        specs: KernelSpecManager | None = None,
    ) -> None:
        """Start a kernel, of this environment or of another's kernelspec; wait until it answers."""
        given = {} if specs is None else {"kernel_spec_manager": specs}
        self.manager = KernelManager(kernel_name=name, **given)
        self.manager.start_kernel(env=environment, cwd=str(cwd), extra_arguments=list(arguments))
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=_WAIT_S)

    def start(
        self,
        code: str,
        cell_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        **content: Any,
    ) -> str:
        """Send a cell, with its own metadata as JupyterLab does, and return the request's id."""
        message = self.client.session.msg(
            "execute_request",
            {"code": code, "silent": False, "store_history": True, "allow_stdin": False, **content},
            metadata={**(metadata or {}), **({"cellId": cell_id} if cell_id else {})},
        )
        self.client.shell_channel.send(message)
        request_id: str = message["header"]["msg_id"]
        return request_id

    def outputs(self, request_id: str, until: str = "") -> str:
        """Return all that a cell showed, once it is done or has shown `until`."""
        shown = ""
        while True:
            message = self.client.get_iopub_msg(timeout=_WAIT_S)
            if message["parent_header"].get("msg_id") != request_id:
                continue
            content = message["content"]
            shown += content.get("text", "") + content.get("data", {}).get("text/plain", "")
            shown += "".join(content.get("traceback", ()))
            if content.get("execution_state") == "idle" or (until and until in shown):
                return shown

    def run(self, code: str, cell_id: str | None = None, **content: Any) -> str:
        """Run a cell and return all that it showed."""
        return self.outputs(self.start(code, cell_id, **content))

    def kill(self) -> None:
        """End the kernel as kill -9 does."""
        self.manager.provisioner.process.kill()
        self.manager.provisioner.process.wait()

    def restart(self) -> None:
        """Restart as JupyterLab's button does."""
        self.manager.restart_kernel()
        self.client.wait_for_ready(timeout=_WAIT_S)

    def close(self, now: bool = False) -> None:
        """End the kernel as JupyterLab does, or at once."""
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=now)
        self.client.stop_channels()
        self.manager.cleanup_resources()


@pytest.fixture(name="ingest")
def _ingest() -> Iterator[Ingest]:
    ingest = Ingest()
    yield ingest
    ingest.stop()


@pytest.fixture(scope="session", name="environment_for")
def _environment_for() -> Callable[..., dict[str, str]]:
    """Return a maker of kernel environments that know nothing of the machine's own settings."""

    def make(home: Path, url: str, **more: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CELLPULSE_", "JPY_", "JUPYTER", "IPYTHON", "XDG_"))
        }
        return {
            **kept,
            "HOME": str(home),
            "CELLPULSE_URL": url,
            "CELLPULSE_TOKEN": "a-token",
            "CELLPULSE_COURSE": "python-1",
            "CELLPULSE_STUDENT": "ada",
            **more,
        }

    return make


@pytest.fixture(name="start_kernel")
def _start_kernel(
    ingest: Ingest, tmp_path: Path, environment_for: Callable[..., dict[str, str]]
) -> Iterator[Callable[..., Kernel]]:
    """Return a starter of kernels of one student, all ended after the test."""
    kernels: list[Kernel] = []

    def start(*arguments: str, **environment: str) -> Kernel:
        whole = environment_for(tmp_path, ingest.url, **environment)
        whole = {name: value for name, value in whole.items() if value}
        kernels.append(Kernel(whole, tmp_path, *arguments))
        return kernels[-1]

    yield start
    for kernel in kernels:
        kernel.close(now=True)


@pytest.fixture(scope="module", name="classroom")
def _classroom(
    tmp_path_factory: pytest.TempPathFactory, environment_for: Callable[..., dict[str, str]]
) -> Iterator[tuple[Kernel, Ingest, Path]]:
    """Return a kernel that tests share, its ingest, and the path of its notebook."""
    home = tmp_path_factory.mktemp("home")
    notebook = home / "01-values.ipynb"
    ingest = Ingest()
    environment = environment_for(home, ingest.url, JPY_SESSION_NAME=str(notebook))
    kernel = Kernel(environment, home)
    yield kernel, ingest, notebook
    kernel.close(now=True)
    ingest.stop()


@pytest.fixture(name="free_port")
def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
