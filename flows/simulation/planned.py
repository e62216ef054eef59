"""From what students do to the events that a hook would send: sessions, sequence numbers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final

from flows.simulation.steps import Step
from ingest_api.events import EventType

HOOK_VERSION: Final = "simulate"


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """An event of the plan: all but its ids and its time on the wall.

    Attributes:
        at: In seconds after the start of the class.
        session: The student's how-many-th session in this class, from 1.
        seq: Sequence number within the session, from 1.
        step: The run or the check that it tells of.
    """

    at: float
    type: EventType
    student_id: str
    session: int
    seq: int
    notebook: str
    step: Step | None = None
    execution_count: int | None = None

    def fields(self) -> dict[str, Any]:
        """Return the fields that depend neither on ids nor on the wall clock."""
        fields: dict[str, Any] = {
            "type": self.type,
            "student_id": self.student_id,
            "seq": self.seq,
            "notebook": self.notebook,
            "hook_version": HOOK_VERSION,
        }
        step = self.step
        if step is None or step.run is None:
            return fields
        fields |= {"cell_id": step.cell_id, "exercise": step.exercise}
        if self.type == "check_result":
            return fields | {"check_name": step.check_name, "passed": step.run.status == "ok"}
        return fields | {
            "execution_count": self.execution_count,
            "status": step.run.status,
            "error_name": step.run.error_name,
            "error_message": step.run.error_message,
            "duration_ms": step.duration_ms,
            "code_sha256": step.run.code_sha256,
            "code_lines": step.run.code_lines,
            "code_chars": step.run.code_chars,
        }


class _Session:
    """One notebook's kernel, from its start to the end of the class."""

    def __init__(self, student_id: str, number: int, notebook: str) -> None:
        self._student_id = student_id
        self._number = number
        self._notebook = notebook
        self._seq = 0
        self._execution_count = 0

    def event(self, kind: EventType, at: float, step: Step | None = None) -> PlannedEvent:
        self._seq += 1
        if kind == "cell_run":
            self._execution_count += 1
        return PlannedEvent(
            at=at,
            type=kind,
            student_id=self._student_id,
            session=self._number,
            seq=self._seq,
            notebook=self._notebook,
            step=step,
            execution_count=self._execution_count if kind == "cell_run" else None,
        )


def planned_events(student_id: str, steps: Iterable[Step], leaves: float) -> Iterator[PlannedEvent]:
    """Yield a student's events in order of time.

    Every notebook has a session of its own, which lasts until the student leaves.

    Args:
        student_id: The student.
        steps: What the student does, in order of time; steps from `leaves` on are not taken.
        leaves: In seconds after the start of the class.
    """
    sessions: dict[str, _Session] = {}
    for step in takewhile(lambda step: step.at < leaves, steps):
        session = sessions.get(step.notebook)
        if session is None:
            session = _Session(student_id, len(sessions) + 1, step.notebook)
            sessions[step.notebook] = session
            yield session.event("session_started", step.at)
        if step.run is not None:
            yield session.event("cell_run", step.at, step)
            if step.check_name is not None:
                yield session.event("check_result", step.at, step)
    for session in sessions.values():
        yield session.event("session_ended", leaves)
