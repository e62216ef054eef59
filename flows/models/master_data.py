"""Master data: courses, students, enrollments, notebooks and exercises."""

from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from flows.models.base import Base

#: The most days that a course can be told to keep students: a hundred years.
LONGEST_RETENTION_DAYS: Final = 36_500


class Course(Base):
    """A course, known from its registration or from its first event.

    `time_zone` is the IANA name of where it is taught, None where nobody has said so. Who sends
    nothing for `retention_days` is erased from it; None keeps everybody.
    """

    __tablename__ = "courses"

    course_id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str | None]
    first_seen_at: Mapped[datetime]
    time_zone: Mapped[str | None]
    retention_days: Mapped[int | None]


class PseudonymousCourse(Base):
    """A course whose students are kept under pseudonyms, from before its first event on.

    `key_check` tells another key from the one that they are made with, and nothing of it; '' where
    the course was made anonymous for good.
    """

    __tablename__ = "pseudonymous_courses"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.course_id"), primary_key=True)
    key_check: Mapped[str]
    since: Mapped[datetime]


class Student(Base):
    """A student within the installation."""

    __tablename__ = "students"

    student_id: Mapped[str] = mapped_column(primary_key=True)
    first_seen_at: Mapped[datetime]


class Enrollment(Base):
    """A student in a course, from a roster (`cellpulse enroll`) or from the first event.

    `display_name`, `section` and `seat` are what the course's roster says; each course has its own.
    """

    __tablename__ = "enrollments"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.course_id"), primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("students.student_id"), primary_key=True)
    enrolled_at: Mapped[datetime]
    display_name: Mapped[str | None]
    section: Mapped[str | None]
    seat: Mapped[str | None]


class Notebook(Base):
    """A notebook of a course, by its path."""

    __tablename__ = "notebooks"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.course_id"), primary_key=True)
    notebook: Mapped[str] = mapped_column(primary_key=True)
    first_seen_at: Mapped[datetime]


class Exercise(Base):
    """An exercise of a course, by its name, with the notebook in which it was last run."""

    __tablename__ = "exercises"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.course_id"), primary_key=True)
    exercise: Mapped[str] = mapped_column(primary_key=True)
    notebook: Mapped[str | None]
    first_seen_at: Mapped[datetime]
