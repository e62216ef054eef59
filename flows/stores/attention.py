"""Writes what instructors set for a course's attention list: thresholds, snoozes and marks.

Whatever is replaced, ended or taken back stays, with the time: so one can tell the list of then.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Engine, func, select, update
from sqlalchemy.dialects.postgresql import insert

from flows.models import AttentionMark, AttentionSnooze, AttentionThreshold, StorePosition
from flows.stores.postgres import PostgresWriter
from flows.stores.transaction import transaction


def set_thresholds(engine: Engine, course_id: str, values: Mapping[str, float | None]) -> None:
    """Replace every threshold of a course; a null value turns its reason off.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer or refuses, as an unknown course.
    """
    now = datetime.now(UTC)
    rows = [
        {"course_id": course_id, "threshold": name, "value": value, "set_at": now}
        for name, value in values.items()
    ]
    with transaction(engine) as connection:
        connection.execute(
            update(AttentionThreshold)
            .where(AttentionThreshold.course_id == course_id, AttentionThreshold.ended_at.is_(None))
            .values(ended_at=now)
        )
        if rows:
            connection.execute(insert(AttentionThreshold).values(rows).on_conflict_do_nothing())


def snooze(
    engine: Engine, course_id: str, student_id: str, *, until: datetime, by: str | None
) -> None:
    """Take a student off the list until a time; an earlier snooze counts no more.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer or refuses, as an unknown student.
    """
    statement = insert(AttentionSnooze).values(
        course_id=course_id,
        student_id=student_id,
        snoozed_at=datetime.now(UTC),
        until=until,
        snoozed_by=by,
    )
    with transaction(engine) as connection:
        connection.execute(statement.on_conflict_do_nothing())


def end_snooze(engine: Engine, course_id: str, student_id: str) -> None:
    """Put a student back on the list; nothing changes for one who is not snoozed.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    with transaction(engine) as connection:
        connection.execute(
            update(AttentionSnooze)
            .where(
                AttentionSnooze.course_id == course_id,
                AttentionSnooze.student_id == student_id,
                AttentionSnooze.ended_at.is_(None),
            )
            .values(ended_at=datetime.now(UTC))
        )


def set_mark(engine: Engine, course_id: str, student_id: str, *, mark: str, by: str | None) -> None:
    """Note that somebody goes to a student, or has helped; earlier marks are kept.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer or refuses, as an unknown student.
    """
    statement = insert(AttentionMark).values(
        course_id=course_id,
        student_id=student_id,
        marked_at=datetime.now(UTC),
        mark=mark,
        marked_by=by,
    )
    with transaction(engine) as connection:
        connection.execute(statement.on_conflict_do_nothing())


def take_mark_back(engine: Engine, course_id: str, student_id: str) -> None:
    """Take a student's latest mark back; nothing changes for one who has none.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    of_student = (
        AttentionMark.course_id == course_id,
        AttentionMark.student_id == student_id,
        AttentionMark.taken_back_at.is_(None),
    )
    latest = select(func.max(AttentionMark.marked_at)).where(*of_student).scalar_subquery()
    with transaction(engine) as connection:
        connection.execute(
            update(AttentionMark)
            .where(*of_student, AttentionMark.marked_at == latest)
            .values(taken_back_at=datetime.now(UTC))
        )


def position_of(engine: Engine) -> str | None:
    """Return how far along the log PostgreSQL is; None before any event.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    query = select(StorePosition.position).where(StorePosition.store == PostgresWriter.name)
    with transaction(engine) as connection:
        return connection.execute(query).scalar_one_or_none()
