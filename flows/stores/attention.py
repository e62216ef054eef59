"""Writes what instructors set for a course's attention list: thresholds, and who is snoozed."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, select
from sqlalchemy.dialects.postgresql import insert

from flows.models import AttentionSnooze, AttentionThreshold, StorePosition
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
            delete(AttentionThreshold).where(AttentionThreshold.course_id == course_id)
        )
        if rows:
            connection.execute(insert(AttentionThreshold).values(rows).on_conflict_do_nothing())


def snooze(
    engine: Engine, course_id: str, student_id: str, *, until: datetime, by: str | None
) -> None:
    """Take a student off the list until a time; an earlier snooze is replaced.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer or refuses, as an unknown student.
    """
    values = {"snoozed_at": datetime.now(UTC), "until": until, "snoozed_by": by}
    statement = insert(AttentionSnooze).values(course_id=course_id, student_id=student_id, **values)
    with transaction(engine) as connection:
        connection.execute(
            statement.on_conflict_do_update(index_elements=["course_id", "student_id"], set_=values)
        )


def end_snooze(engine: Engine, course_id: str, student_id: str) -> None:
    """Put a student back on the list; nothing changes for one who is not snoozed.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    with transaction(engine) as connection:
        connection.execute(
            delete(AttentionSnooze).where(
                AttentionSnooze.course_id == course_id, AttentionSnooze.student_id == student_id
            )
        )


def position_of(engine: Engine) -> str | None:
    """Return how far along the log PostgreSQL is; None before any event.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    query = select(StorePosition.position).where(StorePosition.store == PostgresWriter.name)
    with transaction(engine) as connection:
        return connection.execute(query).scalar_one_or_none()
