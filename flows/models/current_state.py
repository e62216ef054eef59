"""What is folded from the log: sessions, where each student is now, and how far it is."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE
from sqlalchemy.orm import Mapped, mapped_column

from flows.models.base import Base


class Session(Base):
    """One life of one kernel, with what its sequence numbers tell about losses.

    `gaps` holds the sequence numbers below `highest_seq` that have not arrived, as ranges;
    `lost_events` is how many they are. A late arrival closes its gap. Numbers up to `erased_seq`
    were erased with whoever was here before, and are not missing.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["course_id", "student_id"], ["enrollments.course_id", "enrollments.student_id"]
        ),
    )

    course_id: Mapped[str] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(primary_key=True)
    notebook: Mapped[str | None]
    started_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    highest_seq: Mapped[int]
    gaps = mapped_column(INT8MULTIRANGE, nullable=False)
    lost_events: Mapped[int]
    erased_seq: Mapped[int] = mapped_column(default=0, server_default="0")


class StudentState(Base):
    """Where a student of a course is now: a fold over the student's events in the order of the log.

    An event was *seen* at the earlier of `occurred_at` and `received_at`. A run (`cell_run`) is
    *late* if a run before it in the log was seen later: a hook sends a new session first and what
    an earlier one left behind after it. From these two:

    - `last_seen_at`: the latest time at which any event was seen.
    - `runs`, `errors`: how many runs there were, and how many of them with status `error`; late
      ones count.
    - `last_run_at`: the latest time at which a run was seen; null before any.
    - `exercise`, `last_status`: those of the last run in the log that was not late.
    - `notebook`: that of the last run in the log that was not late and that names one.
    - `error_streak`: of the runs that were not late, how many with status `error` follow the last
      one with another status.

    So a student whose clock was set back stays where they were until it has caught up.
    """

    __tablename__ = "student_states"
    __table_args__ = (
        ForeignKeyConstraint(
            ["course_id", "student_id"], ["enrollments.course_id", "enrollments.student_id"]
        ),
        Index("student_states_last_seen", "course_id", "last_seen_at"),
    )

    course_id: Mapped[str] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(primary_key=True)
    last_seen_at: Mapped[datetime]
    last_run_at: Mapped[datetime | None]
    notebook: Mapped[str | None]
    exercise: Mapped[str | None]
    last_status: Mapped[str | None]
    runs: Mapped[int]
    errors: Mapped[int]
    error_streak: Mapped[int]


class StorePosition(Base):
    """How far along the log this database is, written in the same transaction as the rows."""

    __tablename__ = "store_position"

    store: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[str]
    updated_at: Mapped[datetime]


class SkippedEvent(Base):
    """A place in the log that this database passed without its event, which was set aside.

    Written in the same transaction as the position that passed it, and gone with the transaction
    that makes up for it, so that a replay counts the event exactly once.
    """

    __tablename__ = "skipped_events"

    position_ns: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    skipped_at: Mapped[datetime]
