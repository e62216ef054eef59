"""Writes and reads who looked at which student, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine, cast, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from flows.models import Enrollment, StudentView
from flows.stores.transaction import transaction

#: How long it is kept.
KEPT: Final = timedelta(days=365)


@dataclass(frozen=True, order=True)
class Look:
    """That somebody looked at a student in an hour."""

    course_id: str
    student_id: str
    who: str
    hour: datetime


@dataclass(frozen=True)
class Looks:
    """How often: the number of answers, and when the last one was given."""

    answers: int
    last_at: datetime


@dataclass(frozen=True)
class View:
    """What is known of one person's looks at a student within an hour."""

    course_id: str
    who: str
    hour: datetime
    last_at: datetime
    answers: int


def add(engine: Engine, looks: Mapping[Look, Looks]) -> None:
    """Add looks; those at somebody who is not in the course are left out.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer; nothing was added.
    """
    with transaction(engine) as connection:
        # By key, so that two processes can't deadlock.
        for look in sorted(looks):
            number = looks[look]
            enrolled = select(
                Enrollment.course_id,
                Enrollment.student_id,
                *(
                    cast(value, column.type)
                    for value, column in (
                        (look.who, StudentView.who),
                        (look.hour, StudentView.hour),
                        (number.last_at, StudentView.last_at),
                        (number.answers, StudentView.answers),
                    )
                ),
            ).where(
                Enrollment.course_id == look.course_id, Enrollment.student_id == look.student_id
            )
            columns = ["course_id", "student_id", "who", "hour", "last_at", "answers"]
            statement = insert(StudentView).from_select(columns, enrolled)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["course_id", "student_id", "who", "hour"],
                    set_={
                        "answers": StudentView.answers + statement.excluded.answers,
                        "last_at": func.greatest(StudentView.last_at, statement.excluded.last_at),
                    },
                )
            )


def of_student(engine: Engine, student_id: str, course_id: str | None = None) -> Sequence[View]:
    """Return who looked at a student, the latest first, in one course or in all.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    columns = (
        StudentView.course_id,
        StudentView.who,
        StudentView.hour,
        StudentView.last_at,
        StudentView.answers,
    )
    query = select(*columns).where(StudentView.student_id == student_id)
    if course_id is not None:
        query = query.where(StudentView.course_id == course_id)
    with transaction(engine) as connection:
        rows = connection.execute(query.order_by(StudentView.last_at.desc(), StudentView.who))
        return [View(*row) for row in rows]


def delete_old(engine: Engine) -> int:
    """Delete what is older than it is kept; return how much.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    old = delete(StudentView).where(StudentView.last_at < datetime.now(UTC) - KEPT)
    with transaction(engine) as connection:
        return connection.execute(old).rowcount
