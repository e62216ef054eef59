"""What a registered course consists of: its notebooks, exercises, checks and cells."""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flows.models.base import Base


class RegisteredCourse(Base):
    """A course whose notebooks were registered, with the compact copy that the edge reads.

    `content` is an `ingest_api.course_content.CourseContent`, and `version` its digest.
    """

    __tablename__ = "registered_courses"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.course_id"), primary_key=True)
    version: Mapped[str]
    content: Mapped[str]


class Registration(Base):
    """One run of `cellpulse course register`, and what it found."""

    __tablename__ = "course_registrations"

    registration_id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[str] = mapped_column(ForeignKey("courses.course_id"))
    registered_at: Mapped[datetime]
    version: Mapped[str]
    notebooks: Mapped[int]
    exercises: Mapped[int]
    checks: Mapped[int]
    new_exercises: Mapped[int]
    retired_exercises: Mapped[int]


class RegisteredNotebook(Base):
    """A notebook as it was registered last. One that is gone since has `retired_at`."""

    __tablename__ = "registered_notebooks"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.course_id"), primary_key=True)
    notebook: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    language: Mapped[str]
    place: Mapped[int]
    retired_at: Mapped[datetime | None]


class RegisteredExercise(Base):
    """An exercise as it was registered last. One that is gone since has `retired_at`.

    `exercise` is the name that its events have, and stays for ever; `mark` is the name that the
    notebook gives to it now, as `marker` says how.
    """

    __tablename__ = "registered_exercises"
    __table_args__ = (
        ForeignKeyConstraint(
            ["course_id", "notebook"],
            ["registered_notebooks.course_id", "registered_notebooks.notebook"],
        ),
    )

    course_id: Mapped[str] = mapped_column(primary_key=True)
    exercise: Mapped[str] = mapped_column(primary_key=True)
    notebook: Mapped[str]
    mark: Mapped[str]
    marker: Mapped[str]
    title: Mapped[str]
    place: Mapped[int]
    points: Mapped[float | None]
    due_at: Mapped[datetime | None]
    first_registered_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class RegisteredCheck(Base):
    """A check of an exercise, as it was registered last."""

    __tablename__ = "registered_checks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["course_id", "exercise"],
            ["registered_exercises.course_id", "registered_exercises.exercise"],
        ),
    )

    course_id: Mapped[str] = mapped_column(primary_key=True)
    exercise: Mapped[str] = mapped_column(primary_key=True)
    check_name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    points: Mapped[float | None]
    place: Mapped[int]


class RegisteredCell(Base):
    """How a cell of an exercise is known, retired exercises included: they may come back."""

    __tablename__ = "registered_cells"
    __table_args__ = (
        ForeignKeyConstraint(
            ["course_id", "exercise"],
            ["registered_exercises.course_id", "registered_exercises.exercise"],
        ),
    )

    course_id: Mapped[str] = mapped_column(primary_key=True)
    exercise: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    cell_id: Mapped[str | None]
    key: Mapped[str | None]
    code_sha256: Mapped[str | None]
