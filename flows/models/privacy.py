"""What students were told, and who asked to leave or has left."""

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flows.models.base import Base


class CourseNotice(Base):
    """What a course tells its students about the recording; `version` names these texts."""

    __tablename__ = "course_notices"

    course_id: Mapped[str] = mapped_column(ForeignKey("courses.course_id"), primary_key=True)
    version: Mapped[str]
    english: Mapped[str]
    japanese: Mapped[str]
    set_at: Mapped[datetime]


class NoticeSeen(Base):
    """That a student's notebook has shown a version of the course's notice, and when first."""

    __tablename__ = "notices_seen"
    __table_args__ = (
        ForeignKeyConstraint(
            ["course_id", "student_id"], ["enrollments.course_id", "enrollments.student_id"]
        ),
    )

    course_id: Mapped[str] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]


class DeletionRequest(Base):
    """That a student asks for everything about them in a course to be deleted.

    It is withdrawn by deleting it, and goes with the rest when it is carried out:
    `erased_students` then tells when it came.
    """

    __tablename__ = "deletion_requests"
    __table_args__ = (
        ForeignKeyConstraint(
            ["course_id", "student_id"], ["enrollments.course_id", "enrollments.student_id"]
        ),
    )

    course_id: Mapped[str] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(primary_key=True)
    requested_at: Mapped[datetime]


class ErasedStudent(Base):
    """That somebody was erased from a course: not who, but enough to recognise them again.

    `student_hash` is made with a key that is not in this database (`flows.erasure.erased`), and
    `key_id` tells which key that was. All events up to the position `up_to` are erased; later ones
    of the same id count as a new person's. `erasure_id` is one run of the erasure, without
    `completed_at` as long as it is not whole. `requested_at` is when the student asked for it.
    """

    __tablename__ = "erased_students"

    course_id: Mapped[str] = mapped_column(primary_key=True)
    student_hash: Mapped[str] = mapped_column(primary_key=True)
    key_id: Mapped[str]
    up_to: Mapped[str]
    erasure_id: Mapped[str]
    requested_at: Mapped[datetime | None]
    started_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]


class ErasedSession(Base):
    """How far a session of somebody erased had come, for where its kernel goes on.

    `session_hash` is of course, student and session (`flows.stores.erased_sessions`). A row is gone
    when the session goes on, which then has it as `Session.erased_seq`, or after a month.
    """

    __tablename__ = "erased_sessions"

    course_id: Mapped[str] = mapped_column(primary_key=True)
    session_hash: Mapped[str] = mapped_column(primary_key=True)
    highest_seq: Mapped[int]
    erased_at: Mapped[datetime]
