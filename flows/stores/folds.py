"""What one event does to a student's current state and to a session: pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

from flows.log.logged_event import LoggedEvent
from ingest_api.events import StoredEvent

#: Sequence numbers start here, so a session first seen at 5 has lost 1 to 4 until they arrive.
FIRST_SEQ: Final = 1
#: No class loses more of one session at once: a longer jump is another way of numbering.
LONGEST_GAP: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class CurrentState:
    """Where a student of a course is now; see `flows.models.StudentState`."""

    last_seen_at: datetime
    last_run_at: datetime | None = None
    notebook: str | None = None
    exercise: str | None = None
    last_status: str | None = None
    runs: int = 0
    errors: int = 0
    error_streak: int = 0

    @classmethod
    def before(cls, logged: LoggedEvent) -> Self:
        """Return the state of a student of whom this is the first event."""
        return cls(last_seen_at=logged.seen_at)

    def after(self, logged: LoggedEvent) -> Self:
        """Return the state after the next event of the log."""
        event, seen_at = logged.event, logged.seen_at
        last_seen_at = max(self.last_seen_at, seen_at)
        if event.type != "cell_run":
            return replace(self, last_seen_at=last_seen_at)
        failed = event.status == "error"
        runs, errors = self.runs + 1, self.errors + failed
        if self.last_run_at is not None and seen_at < self.last_run_at:
            return replace(self, last_seen_at=last_seen_at, runs=runs, errors=errors)
        return type(self)(
            last_seen_at=last_seen_at,
            last_run_at=seen_at,
            notebook=event.notebook or self.notebook,
            exercise=event.exercise,
            last_status=event.status,
            runs=runs,
            errors=errors,
            error_streak=self.error_streak + 1 if failed else 0,
        )

    def after_late(self, logged: LoggedEvent, later: Sequence[LoggedEvent] | None) -> Self:
        """Return the state as if `logged` had been in its place in the log.

        Args:
            logged: An event that was left out.
            later: What of the same student follows it, in order. None where that is not known:
                then the event counts, and what is current stays unless there is no run at all.
        """
        as_newest = self.after(logged)
        following = None if later is None else _current_runs(logged, later)
        if logged.event.type != "cell_run" or following == [] or self.runs == 0:
            return as_newest
        counted = replace(
            self,
            last_seen_at=as_newest.last_seen_at,
            runs=as_newest.runs,
            errors=as_newest.errors,
        )
        if following is None:
            return counted
        if not any(run.notebook for run in following):
            counted = replace(counted, notebook=logged.event.notebook or self.notebook)
        if any(run.status != "error" for run in following):
            return counted
        # Every run since has failed, so the late one prolongs their streak or begins it anew.
        failed = logged.event.status == "error"
        return replace(counted, error_streak=self.error_streak + 1 if failed else len(following))


def _current_runs(logged: LoggedEvent, later: Sequence[LoggedEvent]) -> list[StoredEvent]:
    """Return the runs among `later` that say where the student is once `logged` is known."""
    newest, current = logged.seen_at, []
    for following in later:
        if following.event.type == "cell_run" and following.seen_at >= newest:
            newest = following.seen_at
            current.append(following.event)
    return current


@dataclass(frozen=True, slots=True)
class SessionState:
    """What a session's sequence numbers tell; see `flows.models.Session`.

    Attributes:
        gaps: Missing sequence numbers as ranges with an exclusive end, in order.
        erased_seq: Numbers up to this one were erased with whoever was here before.
    """

    notebook: str | None
    started_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None = None
    highest_seq: int = FIRST_SEQ - 1
    gaps: tuple[tuple[int, int], ...] = ()
    erased_seq: int = FIRST_SEQ - 1

    @classmethod
    def before(cls, logged: LoggedEvent, erased_seq: int = FIRST_SEQ - 1) -> Self:
        """Return the state of a session of which this is the first event, or the first kept."""
        return cls(
            logged.event.notebook,
            logged.seen_at,
            logged.seen_at,
            highest_seq=erased_seq,
            erased_seq=erased_seq,
        )

    @property
    def lost_events(self) -> int:
        """How many sequence numbers are missing."""
        return sum(end - start for start, end in self.gaps)

    def after(self, logged: LoggedEvent) -> Self:
        """Return the state after the next event of the log; events without `seq` have none."""
        event = logged.event
        assert event.seq is not None  # noqa: S101 - goes with session_id, by the contract
        return type(self)(
            notebook=event.notebook or self.notebook,
            started_at=min(self.started_at, logged.seen_at),
            last_seen_at=max(self.last_seen_at, logged.seen_at),
            ended_at=logged.seen_at if event.type == "session_ended" else self.ended_at,
            highest_seq=max(self.highest_seq, event.seq),
            gaps=_gaps_after(self.gaps, self.highest_seq, event.seq),
            erased_seq=self.erased_seq,
        )

    def after_late(self, logged: LoggedEvent, later: Sequence[LoggedEvent] | None) -> Self:
        """Return the state as if `logged` had been in its place: gaps close in any order.

        `later` is what follows it of the same student, or None where that is not known.
        """
        after = self.after(logged)
        if later is not None and all(e.event.session_id != logged.event.session_id for e in later):
            return after
        return replace(
            after,
            notebook=self.notebook or after.notebook,
            ended_at=self.ended_at or after.ended_at,
        )


def _gaps_after(
    gaps: tuple[tuple[int, int], ...], highest_seq: int, seq: int
) -> tuple[tuple[int, int], ...]:
    if seq > highest_seq:
        is_gap = 1 < seq - highest_seq <= LONGEST_GAP
        return (*gaps, (highest_seq + 1, seq)) if is_gap else gaps
    remaining: list[tuple[int, int]] = []
    for start, end in gaps:
        if start <= seq < end:
            remaining += [part for part in ((start, seq), (seq + 1, end)) if part[0] < part[1]]
        else:
            remaining.append((start, end))
    return tuple(remaining)
