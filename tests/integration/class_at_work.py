"""A class that goes on while its platform is restarted, and what it was promised."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
from cellpulse_hook import backoff
from cellpulse_hook.answer import Meaning, read_answer

from ingest_api.tokens import Grant, Scope, issue_token
from tests.faults.ledger import Ledger, Stored, broken_promises
from tests.faults.platform import COURSE
from tests.faults.traffic import Dashboard, Student
from tests.integration.conftest import SECRET, Pipeline

__all__ = ["COURSE", "ClassAtWork", "at_work"]
_STUDENTS: Final = 3
_DASHBOARDS: Final = 2
#: Of the client that sends at a steady rate, between two events.
_PAUSE_SECONDS: Final = 0.1
_WAIT: Final = 120.0


class ClassAtWork:
    """Students with the hook's own parts, a client at a steady rate, and dashboards."""

    def __init__(self, pipeline: Pipeline, ingest_url: str, spool: Path) -> None:
        self.pipeline = pipeline
        self.ingest_url = ingest_url
        self.spool = spool
        self.ledger = Ledger()
        self.answers: Counter[str] = Counter()
        self.bad_answers: list[str] = []
        self._stop, self._pause = threading.Event(), threading.Event()
        self._students = [
            Student(self, self.ledger, self._stop, f"student-{n}", 1) for n in range(_STUDENTS)
        ]
        dashboards = [
            Dashboard(self, self.ledger, self._stop, f"dashboard-{n}") for n in range(_DASHBOARDS)
        ]
        self._actors = [*self._students, *dashboards]
        self._steady = threading.Thread(target=self._send_steadily, daemon=True)

    def token(self, scope: Scope, student: str | None = None) -> str:
        """Return a token of the class."""
        return issue_token(SECRET, Grant(scope, COURSE, student))

    def start(self) -> None:
        for thread in (*self._actors, self._steady):
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in (*self._actors, self._steady):
            thread.join(60)

    @property
    def taken(self) -> int:
        """How many events of the client at a steady rate got their 202."""
        return len(self.ledger.acknowledged)

    def take_more(self, events: int = 10) -> None:
        """Wait until so many more events were taken: whatever runs now takes them."""
        enough = self.taken + events
        self.pipeline.wait_until(lambda: self.taken >= enough, "more events to be taken", _WAIT)

    def assert_kept(self) -> None:
        """Let the class pause; then everything it was promised must be there, once, in order."""
        self._pause.set()
        for actor in self._actors:
            actor.resting.set()
        for actor in self._actors:
            assert actor.at_rest.wait(60)
        assert [actor.fault for actor in self._actors if actor.fault] == []
        wait_until = self.pipeline.wait_until
        wait_until(lambda: not any(s.waiting for s in self._students), "the spools", _WAIT)
        wait_until(self._is_even, "every store", _WAIT)
        wait_until(lambda: not self._broken(), "the dashboards", _WAIT)
        assert self.bad_answers == []
        assert self.taken > 0
        everything = self.pipeline.cellpulse("audit")
        assert everything.returncode == 0, everything.stdout
        report = json.loads(self.pipeline.cellpulse("audit", "--json", "--course", COURSE).stdout)
        assert (report["ok"], report["known_losses"], report["set_aside"]) == (True, [], [])

    def go_on(self) -> None:
        """End the pause."""
        for actor in self._actors:
            actor.at_rest.clear()
            actor.resting.clear()
        self._pause.clear()

    def _broken(self) -> list[str]:
        stored = Stored.read(self.pipeline.postgres_url, self.pipeline.lake_path, COURSE)
        return broken_promises(self.ledger, stored)

    def _is_even(self) -> bool:
        status = json.loads(self.pipeline.cellpulse("status", "--json").stdout)
        return all(store["lag_events"] == 0 for store in status["stores"])

    def _send_steadily(self) -> None:
        """Send an event at a time, each until it is taken; note what else was answered."""
        session, seq = str(uuid4()), 0
        headers = {"Authorization": f"Bearer {self.token('ingest')}"}
        while not self._stop.is_set():
            if self._pause.is_set():
                time.sleep(_PAUSE_SECONDS)
                continue
            seq += 1
            event_id = str(uuid4())
            event = {"course_id": COURSE, "student_id": "steady", "status": "ok"}
            event |= {"event_id": event_id, "session_id": session, "seq": seq}
            self.ledger.spooled[session] = seq
            self.ledger.sent.add(event_id)
            while not self._stop.is_set() and not self._is_taken(event, headers):
                time.sleep(_PAUSE_SECONDS)
            self.ledger.acknowledged.add(event_id)
            time.sleep(_PAUSE_SECONDS)

    def _is_taken(self, event: dict[str, Any], headers: dict[str, str]) -> bool:
        """Post; whatever the hook would not send again by itself is a bad answer."""
        try:
            answer = httpx.post(
                f"{self.ingest_url}/student-progress", json=event, headers=headers, timeout=30
            )
        except httpx.TransportError as error:
            self.answers[type(error).__name__] += 1
            return False
        self.answers[str(answer.status_code)] += 1
        meaning = read_answer(answer.status_code, answer.content, answer.headers).meaning
        if meaning not in (Meaning.ACCEPTED, Meaning.LATER):
            self.bad_answers.append(f"{answer.status_code} {answer.text}")
        return meaning is not Meaning.LATER


@contextmanager
def at_work(
    pipeline: Pipeline, ingest_url: str, patch: Callable[..., None]
) -> Iterator[ClassAtWork]:
    """Have a class at work, whose hooks come back sooner than students' hooks do."""
    for name, seconds in (
        ("_LONGEST_S", (0.5, 1.0, 2.0)),
        ("_SPREAD_S", 1.0),
        ("_DENIED_S", (1.0, 2.0)),
    ):
        patch(backoff, name, seconds)
    spool = pipeline.folder / "spool"
    spool.mkdir()
    working = ClassAtWork(pipeline, ingest_url, spool)
    working.start()
    try:
        yield working
    finally:
        working.stop()
