"""A class at work: the hook's own spool and sender, real kernels, other clients, dashboards."""

import json
import queue
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final
from uuid import uuid4

import httpx
from cellpulse_hook.backlog import Backlog
from cellpulse_hook.enrich import Enricher
from cellpulse_hook.ingest import Ingest
from cellpulse_hook.notebook_file import NotebookFile
from cellpulse_hook.notebook_path import NotebookPath
from cellpulse_hook.notice import Notice
from cellpulse_hook.post import Post
from cellpulse_hook.preferences import Preferences
from cellpulse_hook.report import Report
from cellpulse_hook.sender import Sender
from cellpulse_hook.session import Session
from cellpulse_hook.settings import read_settings
from cellpulse_hook.spool import Spool
from cellpulse_hook.spool_folder import folder_of, leftovers
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_core.utils import ensure_event_loop
from redis import Redis, RedisError
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from tests.faults.ledger import Ledger
from tests.faults.platform import COURSE, IMPATIENCE, KERNELS, Platform

STUDENTS: Final = 8
DASHBOARDS: Final = 2
_CELLS: Final = ("1 + 1", "undefined_name", "x = [n * n for n in range(100)]", "int('a')")
_ERRORS: Final = ("NameError", "TypeError", "ZeroDivisionError")


class Traffic:
    """Runs everyone in a thread each, from `start` until `stop`."""

    def __init__(self, platform: Platform, ledger: Ledger, seed: int) -> None:
        exec(IMPATIENCE)
        self._stop = threading.Event()
        self._threads = [
            *(Student(platform, ledger, self._stop, f"student-{n}", seed) for n in range(STUDENTS)),
            *(KernelUser(platform, ledger, self._stop, kernel) for kernel in KERNELS),
            Client(platform, ledger, self._stop, seed),
            Publisher(platform, ledger, self._stop),
            *(Dashboard(platform, ledger, self._stop, f"dashboard-{n}") for n in range(DASHBOARDS)),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    @property
    def waiting(self) -> int:
        """How many events wait in the students' spools."""
        return sum(thread.waiting for thread in self._threads if isinstance(thread, Student))

    def rest(self) -> None:
        """Let everyone pause, so that what is under way can arrive."""
        for thread in self._threads:
            thread.resting.set()
        for thread in self._threads:
            thread.at_rest.wait(60)

    def go_on(self) -> None:
        for thread in self._threads:
            thread.at_rest.clear()
            thread.resting.clear()

    def problems(self) -> list[str]:
        """Return what ended a thread that should run."""
        return [f"{thread.name} ended: {thread.fault}" for thread in self._threads if thread.fault]


class _Actor(threading.Thread):
    """Acts again and again; while it rests nothing of it is under way."""

    def __init__(
        self, platform: Platform, ledger: Ledger, stop: threading.Event, name: str
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.platform, self.ledger = platform, ledger
        self.resting, self.at_rest = threading.Event(), threading.Event()
        self.fault: BaseException | None = None
        self._stop_asked = stop

    def run(self) -> None:
        try:
            while not self._stop_asked.is_set():
                if self.resting.is_set():
                    self.at_rest.set()
                    time.sleep(0.02)
                    continue
                self.act()
        except BaseException as fault:  # noqa: BLE001 - the campaign tells of it
            self.fault = fault
        finally:
            self.at_rest.set()
            self.end()

    def act(self) -> None:
        raise NotImplementedError

    def end(self) -> None:
        pass


class Student(_Actor):
    """The hook's own parts, without a kernel around them; some sessions end, and others begin."""

    def __init__(
        self, platform: Platform, ledger: Ledger, stop: threading.Event, name: str, seed: int
    ) -> None:
        super().__init__(platform, ledger, stop, name)
        self._chance = random.Random(f"{seed} {name}")
        environ = {
            "CELLPULSE_URL": platform.ingest_url,
            "CELLPULSE_TOKEN": platform.token("ingest", name),
            "CELLPULSE_COURSE": COURSE,
            "CELLPULSE_STUDENT": name,
            "CELLPULSE_SPOOL_DIR": str(platform.spool),
        }
        self._settings, self._environ = read_settings(environ), environ
        self._begin()

    @property
    def waiting(self) -> int:
        return self._spool.count_waiting()

    def act(self) -> None:
        status = self._chance.choices(("ok", "error", "interrupted"), (70, 28, 2))[0]
        exercise = self._chance.choice(("1.1", "1.2", "2.1", None))
        fields: dict[str, Any] = {"status": status, "duration_ms": self._chance.uniform(0.1, 900)}
        if exercise:
            fields["exercise"] = exercise
        if status == "error":
            fields |= {"error_name": self._chance.choice(_ERRORS), "error_message": "it failed"}
        self._record("cell_run", fields)
        if self._chance.random() < 0.02:
            self._leave()
            self._begin()
        time.sleep(self._chance.expovariate(3))

    def end(self) -> None:
        self._leave()

    def _begin(self) -> None:
        session_id = str(uuid4())
        folder = folder_of(self.platform.spool, COURSE, self.name)
        limit = self._settings.spool_limit_bytes
        self._spool = Spool(self.platform.spool, folder, session_id, limit)
        notebook, preferences = NotebookPath(self._environ, ""), Preferences()
        self._sender = Sender(
            Backlog(self._spool, leftovers(folder)),
            Enricher(session_id, notebook, NotebookFile(), self._settings, preferences).event,
            Post(Ingest(self._settings, self._environ), preferences, Notice(lambda: None)),
            Report(),
            lambda: None,  # nobody here has recording paused
        )
        self._session = Session(
            session_id, self._settings, notebook, self._spool, preferences, self._sender.wake
        )
        self._record("session_started", {})
        self._sender.start()

    def _leave(self) -> None:
        self._record("session_ended", {})
        self._sender.stop(2)
        self._spool.close()

    def _record(self, event_type: str, fields: dict[str, Any]) -> None:
        self._session.record(event_type, fields)
        with self.ledger.lock:
            self.ledger.spooled[self._session.session_id] = self._session.recorded


class KernelUser(_Actor):
    """A student at a real kernel: waits for each cell's end, and sees some kernels die."""

    def __init__(
        self, platform: Platform, ledger: Ledger, stop: threading.Event, kernel: str
    ) -> None:
        super().__init__(platform, ledger, stop, f"user of {kernel}")
        self._kernel = kernel
        self._cells = 0
        self._client: BlockingKernelClient | None = None

    def act(self) -> None:
        client = self._connected()
        self._cells += 1
        message = client.execute(_CELLS[self._cells % len(_CELLS)], silent=False)
        # Longer than any fault: what does not come by then died with its kernel.
        end = time.monotonic() + 5
        while time.monotonic() < end and not self._stop_asked.is_set():
            with suppress(queue.Empty):
                reply = client.get_shell_msg(timeout=0.2)
                if reply["parent_header"].get("msg_id") == message:
                    # Its `execution_count` is there even for a cell that failed.
                    self.ledger.replies[self._kernel] += 1
                    time.sleep(0.2)
                    return
        self._disconnect()

    def end(self) -> None:
        self._disconnect()
        ensure_event_loop().close()  # the client made one for this thread

    def _connected(self) -> BlockingKernelClient:
        if self._client is None:
            self._client = BlockingKernelClient()
            self._client.load_connection_file(str(self.platform.connection_file(self._kernel)))
            self._client.start_channels(hb=False)
        return self._client

    def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.stop_channels()


class Client(_Actor):
    """Another program: sends batches twice, late and in parts, some without any identity."""

    def __init__(
        self, platform: Platform, ledger: Ledger, stop: threading.Event, seed: int
    ) -> None:
        super().__init__(platform, ledger, stop, "client")
        self._chance = random.Random(f"{seed} client")
        self._http = httpx.Client(
            base_url=platform.ingest_url,
            headers={"Authorization": f"Bearer {platform.token('ingest')}"},
            timeout=3,
        )
        self._session, self._seq = str(uuid4()), 0
        self._late: list[dict[str, Any]] = []

    def act(self) -> None:
        batch = [self._event() for _ in range(self._chance.randint(1, 20))]
        parts = self._chance.choice(("whole", "twice", "parts", "late"))
        if parts == "late":
            self._late, batch = batch[len(batch) // 2 :], batch[: len(batch) // 2] + self._late
        self._post(batch)
        if parts == "twice":
            self._post(batch)
        if parts == "parts":
            self._post(batch[len(batch) // 3 :])
        time.sleep(self._chance.uniform(0.1, 0.6))

    def end(self) -> None:
        self._http.close()

    def _event(self) -> dict[str, Any]:
        event: dict[str, Any] = {
            "course_id": COURSE,
            "student_id": f"client-{self._chance.randint(1, 3)}",
            "event_id": str(uuid4()),
            "status": self._chance.choice(("ok", "error")),
            "hook_version": "0.0.1",
            "a_field_of_the_future": {"room": "B12"},
        }
        if self._chance.random() < 0.5:
            self._seq += 1
            # One student a session: a sequence belongs to one kernel.
            event |= {"student_id": "client-0", "session_id": self._session, "seq": self._seq}
        return event

    def _post(self, batch: list[dict[str, Any]]) -> None:
        """Send until it is taken or the time is over, as a client does that wants its 202."""
        if not batch:
            return
        ids = {event["event_id"] for event in batch}
        with self.ledger.lock:
            self.ledger.sent |= ids
        end = time.monotonic() + 20
        while time.monotonic() < end and not self._stop_asked.is_set():
            with suppress(httpx.HTTPError):
                answer = self._http.post("/student-progress", json=batch)
                if answer.status_code == httpx.codes.ACCEPTED and "accepted" in answer.text:
                    with self.ledger.lock:
                        self.ledger.acknowledged |= ids
                    return
            time.sleep(0.3)


class Publisher(_Actor):
    """Publishes on the channel itself; nobody promises anything, but nothing comes twice."""

    def __init__(self, platform: Platform, ledger: Ledger, stop: threading.Event) -> None:
        super().__init__(platform, ledger, stop, "publisher")
        self._redis = Redis.from_url(platform.redis_url, socket_timeout=2)

    def act(self) -> None:
        event_id = str(uuid4())
        with self.ledger.lock:
            self.ledger.sent.add(event_id)
        event = {
            "course_id": COURSE,
            "student_id": "publisher",
            "status": "ok",
            "event_id": event_id,
        }
        with suppress(RedisError):
            self._redis.publish("progress-events", json.dumps(event))
        time.sleep(0.5)

    def end(self) -> None:
        self._redis.close()


class Dashboard(_Actor):
    """A WebSocket that comes back with `after=` whenever it is cut off."""

    def act(self) -> None:
        got = self.ledger.followed[self.name]
        after = got[-1] if got else "0-0"
        address = (
            f"{self.platform.ingest_url.replace('http', 'ws')}/ws/dashboard"
            f"?course_id={COURSE}&after={after}"
        )
        headers = {"Authorization": f"Bearer {self.platform.token('read')}"}
        try:
            with connect(
                address, additional_headers=headers, open_timeout=3, ping_timeout=3
            ) as socket:
                self._listen(socket.recv, got)
        except (WebSocketException, OSError, EOFError):
            time.sleep(0.2)

    def _listen(self, recv: Callable[..., Any], got: list[str]) -> None:
        while not self._stop_asked.is_set():
            if self.resting.is_set():
                self.at_rest.set()  # it goes on listening: what is under way is for it
            with suppress(TimeoutError):
                got.append(json.loads(recv(timeout=0.2))["position"])
