"""From what students do to the events that a hook would send: sessions, sequence numbers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count, takewhile
from typing import Any, Final

from flows.simulation.course import Check
from flows.simulation.steps import Step
from flows.simulation.student import Student
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
    hook_version: str | None = HOOK_VERSION

    def fields(self, *, with_code: bool = False) -> dict[str, Any]:
        """Return the fields that depend neither on ids nor on the wall clock."""
        fields: dict[str, Any] = {
            "type": self.type,
            "student_id": self.student_id,
            "seq": self.seq,
            "notebook": self.notebook,
            "hook_version": self.hook_version,
        }
        step = self.step
        if step is None:
            return fields
        fields |= {"cell_id": step.cell_id, "exercise": step.exercise}
        if step.run is None:
            return fields
        if self.type == "check_result" and step.check is not None:
            return fields | _result(step.check, passed=step.run.status == "ok")
        if step.run.error_line is not None:
            fields["error_line"] = step.run.error_line
        return fields | {
            "execution_count": self.execution_count,
            "status": step.run.status,
            "error_name": step.run.error_name,
            "error_message": step.run.error_message,
            "duration_ms": step.duration_ms,
            "code_sha256": step.run.code_sha256,
            "code_lines": step.run.code_lines,
            "code_chars": step.run.code_chars,
            "code": step.run.code if with_code else None,
        }


def _result(check: Check, *, passed: bool) -> dict[str, Any]:
    points = None if check.points is None else check.points * passed
    return {
        "check_name": check.name,
        "passed": passed,
        "points": points,
        "points_possible": check.points,
    }


class _Session:
    """One life of one notebook's kernel."""

    def __init__(self, student: Student, number: int, notebook: str) -> None:
        self._student = student
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
            student_id=self._student.student_id,
            session=self._number,
            seq=self._seq,
            notebook=self._notebook,
            step=step,
            execution_count=self._execution_count if kind == "cell_run" else None,
            hook_version=HOOK_VERSION if self._student.tells_hook_version else None,
        )


def planned_events(student: Student, steps: Iterable[Step]) -> Iterator[PlannedEvent]:
    """Yield a student's events in order of time.

    Every notebook has a session of its own, which lasts until it is closed or the student leaves.

    Args:
        student: The student; steps from the time of leaving on are not taken.
        steps: What the student does, in order of time.
    """
    sessions: dict[str, _Session] = {}
    numbers = count(1)
    for step in takewhile(lambda step: step.at < student.leaves, steps):
        if step.kind == "close":
            yield sessions.pop(step.notebook).event("session_ended", step.at)
            continue
        if step.notebook not in sessions:
            session = _Session(student, next(numbers), step.notebook)
            sessions[step.notebook] = session
            yield session.event("session_started", step.at)
        session = sessions[step.notebook]
        if step.kind in ("help_requested", "help_resolved"):
            yield session.event(step.kind, step.at, step)
        if step.run is not None:
            yield session.event("cell_run", step.at, step)
            if step.check is not None:
                yield session.event("check_result", step.at, step)
    for session in sessions.values():
        yield session.event("session_ended", student.leaves)
