"""The attention list: its thresholds, who is off it, and to whom somebody went."""

from datetime import datetime

from sqlalchemy import Double, ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flows.models.base import Base


class AttentionThreshold(Base):
    """From when on a reason of a course's attention list counts, where an instructor set it.

    `threshold` is its name in the API, `value` null where the reason is turned off. It counts from
    `set_at` until `ended_at`; those that were are kept, so that the list of then can be told.
    """

    __tablename__ = "attention_thresholds"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.course_id"), primary_key=True)
    threshold: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float | None] = mapped_column(Double)
    set_at: Mapped[datetime] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime | None]


class AttentionSnooze(Base):
    """Until when a student is off a course's attention list, and who said so.

    The latest one of a student holds, unless it was ended before.
    """

    __tablename__ = "attention_snoozes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["course_id", "student_id"], ["enrollments.course_id", "enrollments.student_id"]
        ),
    )

    course_id: Mapped[str] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(primary_key=True)
    snoozed_at: Mapped[datetime] = mapped_column(primary_key=True)
    until: Mapped[datetime]
    snoozed_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]


class AttentionMark(Base):
    """That somebody went to a student, or has helped: `mark` is 'going' or 'helped'.

    All are kept, so that one can tell after class who was helped; the latest one of a student
    that was not taken back holds.
    """

    __tablename__ = "attention_marks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["course_id", "student_id"], ["enrollments.course_id", "enrollments.student_id"]
        ),
    )

    course_id: Mapped[str] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(primary_key=True)
    marked_at: Mapped[datetime] = mapped_column(primary_key=True)
    mark: Mapped[str]
    marked_by: Mapped[str | None]
    taken_back_at: Mapped[datetime | None]
