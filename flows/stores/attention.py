"""Writes what instructors set for a course's attention list: thresholds, snoozes and marks.

Whatever is replaced, ended or taken back stays, with the time: so one can tell the list of then.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine, select, update
from sqlalchemy.dialects.postgresql import insert

from flows.models import AttentionMark, AttentionSnooze, AttentionThreshold, StorePosition
from flows.stores.postgres import PostgresWriter
from flows.stores.transaction import transaction

#: For so long a mark holds; attention_settings.sql says the same of the marks that are shown.
MARK_HOLDS: Final = timedelta(minutes=15)


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


def set_mark(
    engine: Engine, course_id: str, student_id: str, *, mark: str, by: str | None
) -> datetime:
    """Note that somebody goes to a student, or has helped; return when, which names the mark.

    Earlier marks are kept.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer or refuses, as an unknown student.
    """
    now = datetime.now(UTC)
    statement = insert(AttentionMark).values(
        course_id=course_id,
        student_id=student_id,
        marked_at=now,
        mark=mark,
        marked_by=by,
    )
    with transaction(engine) as connection:
        connection.execute(statement.on_conflict_do_nothing())
    return now


def take_mark_back(
    engine: Engine,
    course_id: str,
    student_id: str,
    *,
    by: str | None,
    at: datetime | None = None,
) -> bool:
    """Take one mark of a student back, and tell whether there was one to be taken back.

    Args:
        engine: PostgreSQL.
        course_id: The course.
        student_id: The student.
        by: Who takes it back; None where nobody signed in, as for marks that nobody signed.
        at: When that mark was made. None for the latest of one's own that still holds; where one
            has none, for the latest of all that do.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    now = datetime.now(UTC)
    of_student = (
        AttentionMark.course_id == course_id,
        AttentionMark.student_id == student_id,
        AttentionMark.taken_back_at.is_(None),
    )
    # What holds no longer is shown to nobody, and counts as help that was given.
    holding = (AttentionMark.marked_at > now - MARK_HOLDS, AttentionMark.marked_at <= now)
    is_own = AttentionMark.marked_by.is_not_distinct_from(by)
    meant = (
        select(AttentionMark.marked_at)
        .where(*of_student, *holding)
        .order_by(is_own.desc(), AttentionMark.marked_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    with transaction(engine) as connection:
        changed = connection.execute(
            update(AttentionMark)
            .where(*of_student, AttentionMark.marked_at == (meant if at is None else at))
            .values(taken_back_at=now)
        )
    return changed.rowcount > 0


def position_of(engine: Engine) -> str | None:
    """Return how far along the log PostgreSQL is; None before any event.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    query = select(StorePosition.position).where(StorePosition.store == PostgresWriter.name)
    with transaction(engine) as connection:
        return connection.execute(query).scalar_one_or_none()
