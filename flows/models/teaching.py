"""What instructors plan and note: of a day, of a moment of class, of a student."""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from flows.models.base import Base


class PlannedExercise(Base):
    """That an instructor means the class to have begun an exercise by a moment.

    A plan of a day is every row of its moments; a new one takes the place of all of them.
    """

    __tablename__ = "planned_exercises"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.course_id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    exercise: Mapped[str] = mapped_column(primary_key=True)
    set_at: Mapped[datetime]
    set_by: Mapped[str | None]


class ClassMark(Base):
    """What an instructor noted about a moment of class, such as "explained recursion".

    One that was taken back stays, with who did so and when.
    """

    __tablename__ = "class_marks"
    __table_args__ = (Index("class_marks_at", "course_id", "at"),)

    mark_id: Mapped[str] = mapped_column(primary_key=True)
    course_id: Mapped[str] = mapped_column(ForeignKey("courses.course_id"))
    at: Mapped[datetime]
    text: Mapped[str]
    set_at: Mapped[datetime]
    set_by: Mapped[str | None]
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[str | None]


class StudentNote(Base):
    """What an instructor noted about a student, for the course's instructors alone.

    One that was removed is kept for some minutes, so that it can be brought back.
    """

    __tablename__ = "student_notes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["course_id", "student_id"], ["enrollments.course_id", "enrollments.student_id"]
        ),
        Index("student_notes_of", "course_id", "student_id"),
    )

    note_id: Mapped[str] = mapped_column(primary_key=True)
    course_id: Mapped[str]
    student_id: Mapped[str]
    written_at: Mapped[datetime]
    written_by: Mapped[str | None]
    text: Mapped[str]
    removed_at: Mapped[datetime | None]
