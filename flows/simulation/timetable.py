"""When a plan's events happen on the wall clock, and the events as they are sent."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from flows.simulation.plan import ClassPlan
from flows.simulation.planned import PlannedEvent
from ingest_api.events import ProgressEvent

_VERSION: Final = 0x7 << 76
_VARIANT: Final = 0b10 << 62


@dataclass(frozen=True)
class Timetable:
    """One play of a plan: which moment of the class is when.

    Attributes:
        started_at: When the play started, UTC.
        speed: Seconds of the class in a second on the wall.
        head_start: How much of the class was over when the play started, in seconds of the class.
    """

    plan: ClassPlan
    started_at: datetime
    speed: float
    head_start: float

    def reached(self, elapsed: float) -> float:
        """Return the moment of the class that is reached `elapsed` seconds after the start."""
        return self.head_start + elapsed * self.speed

    def seconds_until(self, at: float, elapsed: float) -> float:
        """Return the seconds on the wall until a moment of the class; negative when it is past."""
        return (at - self.reached(elapsed)) / self.speed

    def to_event(self, planned: PlannedEvent) -> ProgressEvent:
        """Return an event with its ids and its time on the wall.

        It is the same however often it is asked for, so a repeat is recognised. Another play has
        other ids: they depend on the seed and on when the play started.
        """
        occurred_at = self.started_at + timedelta(seconds=self.seconds_until(planned.at, 0))
        session_id = f"{self._play_id}-{planned.student_id}-{planned.session}"
        return ProgressEvent(
            event_id=_uuid7(occurred_at, f"{session_id}/{planned.seq}"),
            course_id=self.plan.course_id,
            session_id=session_id,
            occurred_at=occurred_at,
            **planned.fields(with_code=self.plan.with_code),
        )

    @property
    def _play_id(self) -> str:
        text = f"{self.plan.seed} {self.plan.course_id} {self.started_at.isoformat()}"
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def _uuid7(moment: datetime, name: str) -> UUID:
    """Return a UUIDv7 (RFC 9562) whose random bits are drawn from a name."""
    milliseconds = int(moment.timestamp() * 1_000)
    bits = int.from_bytes(hashlib.sha256(name.encode()).digest()[:10], "big")
    return UUID(
        int=milliseconds << 80
        | _VERSION
        | (bits >> 64 & 0xFFF) << 64
        | _VARIANT
        | bits & (1 << 62) - 1
    )
