"""Writes what instructors note about moments of class."""

from datetime import UTC, datetime

from sqlalchemy import Engine, case, func, update
from sqlalchemy.dialects.postgresql import insert
from uuid_utils import uuid7

from flows.models import ClassMark
from flows.stores.transaction import transaction


def set_mark(
    engine: Engine, course_id: str, text: str, *, at: datetime, set_at: datetime, by: str | None
) -> str:
    """Note something about a moment, at another one; return the mark's id.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer or refuses, as an unknown course.
    """
    mark_id = str(uuid7())
    with transaction(engine) as connection:
        connection.execute(
            insert(ClassMark).values(
                mark_id=mark_id,
                course_id=course_id,
                at=at,
                text=text,
                set_at=set_at,
                set_by=by,
            )
        )
    return mark_id


def remove_mark(engine: Engine, course_id: str, mark_id: str, *, by: str | None) -> bool:
    """Take a mark back and tell whether there is such a one; the first time counts.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    with transaction(engine) as connection:
        changed = connection.execute(
            update(ClassMark)
            .where(ClassMark.course_id == course_id, ClassMark.mark_id == mark_id)
            .values(
                removed_at=func.coalesce(ClassMark.removed_at, datetime.now(UTC)),
                removed_by=case((ClassMark.removed_at.is_(None), by), else_=ClassMark.removed_by),
            )
        )
    return changed.rowcount > 0
