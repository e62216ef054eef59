"""PostgreSQL: master data and each student's current state, as SQLAlchemy 2 models."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, INT8MULTIRANGE, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

#: The most days that a course can be told to keep students: a hundred years.
LONGEST_RETENTION_DAYS: Final = 36_500


class Base(DeclarativeBase):
    """Base of every table here."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        str: Text,
        int: BigInteger,
        float: Double,
        datetime: DateTime(timezone=True),
    }


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


class Account(Base):
    """Somebody who signs in to the dashboard.

    An assistant has one course, and the `sections` of it whose students they look after.
    Without a `password_hash` (Argon2id, in PHC form) the account waits for its owner to follow the
    one link whose code is `code_id`.
    """

    __tablename__ = "accounts"

    account: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    course_ids: Mapped[list[str]] = mapped_column(ARRAY(Text))
    sections: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    password_hash: Mapped[str | None]
    code_id: Mapped[str | None]
    created_at: Mapped[datetime]


class IssuedToken(Base):
    """A token that was handed out (`cellpulse token`), without the token itself.

    `token_id` is its claim `jti`. One that was revoked without having been recorded is here too.
    """

    __tablename__ = "issued_tokens"

    token_id: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str]
    course_id: Mapped[str]
    student_id: Mapped[str | None]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AdminAction(Base):
    """A change that an admin made on the page: when, who, what, and of which course.

    `who` is None for a token that was handed out. `course_id` may be of a course that is gone.
    `details` is one line for people, `values` the same to be said in any language; neither names a
    student. A change that an older version noted has no values.
    """

    __tablename__ = "admin_actions"

    action_id: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    who: Mapped[str | None]
    what: Mapped[str]
    course_id: Mapped[str | None]
    details: Mapped[str]
    values: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")


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


class StudentView(Base):
    """Who looked at a student: how many answers of the API somebody had within an hour.

    `who` is an account, or the id of a token that was handed out. A student's own do not count.
    """

    __tablename__ = "student_views"
    __table_args__ = (
        ForeignKeyConstraint(
            ["course_id", "student_id"], ["enrollments.course_id", "enrollments.student_id"]
        ),
    )

    course_id: Mapped[str] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(primary_key=True)
    who: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    last_at: Mapped[datetime]
    answers: Mapped[int]


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


class SkippedEvent(Base):
    """A place in the log that this database passed without its event, which was set aside.

    Written in the same transaction as the position that passed it, and gone with the transaction
    that makes up for it, so that a replay counts the event exactly once.
    """

    __tablename__ = "skipped_events"

    position_ns: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    skipped_at: Mapped[datetime]


class StorePosition(Base):
    """How far along the log this database is, written in the same transaction as the rows."""

    __tablename__ = "store_position"

    store: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[str]
    updated_at: Mapped[datetime]
