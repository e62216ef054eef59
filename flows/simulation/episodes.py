"""What is planted in a class: who is stuck and when, and who only looks like it."""

from dataclasses import dataclass

from flows.simulation.student import LookAlikeKind, StruggleKind


@dataclass(frozen=True, slots=True)
class Struggle:
    """A time in which a planted struggler is stuck, in seconds after the start of the class."""

    student_id: str
    exercise: str
    kind: StruggleKind
    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A time that looks like trouble and needs no one, in seconds after the start of the class."""

    student_id: str
    exercise: str | None
    kind: LookAlikeKind
    begins: float
    ends: float
