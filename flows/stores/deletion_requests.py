"""Writes and reads which students ask to be deleted, in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, select
from sqlalchemy.dialects.postgresql import insert

from flows.models import DeletionRequest
from flows.stores.transaction import transaction


@dataclass(frozen=True)
class OpenRequest:
    """A student's wish that was not carried out yet."""

    course_id: str
    student_id: str
    requested_at: datetime


def request(engine: Engine, course_id: str, student_id: str) -> None:
    """Note that a student asks to be deleted from a course; the first time stays.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer or refuses, as an unknown student.
    """
    values = {"course_id": course_id, "student_id": student_id, "requested_at": datetime.now(UTC)}
    with transaction(engine) as connection:
        connection.execute(insert(DeletionRequest).values(values).on_conflict_do_nothing())


def withdraw(engine: Engine, course_id: str, student_id: str) -> None:
    """Forget a request; nothing changes where there is none.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    with transaction(engine) as connection:
        connection.execute(
            delete(DeletionRequest).where(
                DeletionRequest.course_id == course_id, DeletionRequest.student_id == student_id
            )
        )


def requested_at(engine: Engine, course_id: str, student_id: str) -> datetime | None:
    """Return when a student asked to be deleted; None for not at all.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    query = select(DeletionRequest.requested_at).where(
        DeletionRequest.course_id == course_id, DeletionRequest.student_id == student_id
    )
    with transaction(engine) as connection:
        return connection.execute(query).scalar_one_or_none()


def every(engine: Engine) -> Sequence[OpenRequest]:
    """Return all open requests, the oldest first.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    columns = (DeletionRequest.course_id, DeletionRequest.student_id, DeletionRequest.requested_at)
    query = select(*columns).order_by(DeletionRequest.requested_at, *columns[:2])
    with transaction(engine) as connection:
        return [OpenRequest(*row) for row in connection.execute(query).all()]
