"""How far the sessions had come of students who were erased, for where a kernel goes on.

Nothing else of such a session is known any more, so its earlier numbers would count as lost. It is
kept as a hash, which tells nothing to whoever does not have the id of the session, a random one;
and no longer than it may be needed.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, Engine, delete, or_, select
from sqlalchemy.dialects.postgresql import insert

from flows.models import ErasedSession, Session
from flows.stores.many_rows import take_rows_with_keys
from flows.stores.transaction import transaction

#: How long a kernel may pause before it goes on, and what waits in a spool be late.
KEPT_FOR: Final = timedelta(days=30)

#: Course, student and session.
SessionKey = tuple[str, ...]


def keep(
    connection: Connection, course_id: str, student_id: str, highest: Mapping[str, int]
) -> None:
    """Note of a student's sessions that may go on how far they have come, before they are erased.

    Args:
        connection: In the transaction that erases them.
        course_id: Of the course.
        student_id: Of the student.
        highest: Session → the highest of its sequence numbers that is erased; where it lacks, that
            which PostgreSQL knows.
    """
    now = datetime.now(UTC)
    query = select(Session.session_id, Session.highest_seq).where(
        Session.course_id == course_id,
        Session.student_id == student_id,
        Session.last_seen_at > now - KEPT_FOR,
        or_(Session.ended_at.is_(None), Session.lost_events > 0),
    )
    for session_id, highest_seq in connection.execute(query).all():
        row = {
            "course_id": course_id,
            "session_hash": _hash((course_id, student_id, session_id)),
            "highest_seq": highest.get(session_id, highest_seq),
            "erased_at": now,
        }
        connection.execute(
            insert(ErasedSession)
            .values(row)
            .on_conflict_do_update(index_elements=["course_id", "session_hash"], set_=row)
        )


def take(connection: Connection, sessions: Iterable[SessionKey]) -> dict[SessionKey, int]:
    """Return how far those of some new sessions had come that go on, and keep it no longer."""
    keys = {(session[0], _hash(session)): session for session in sessions}
    taken = take_rows_with_keys(connection, ErasedSession, keys)
    return {keys[row.course_id, row.session_hash]: row.highest_seq for row in taken}


def drop_old(engine: Engine) -> None:
    """Forget those that have not gone on for too long.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    old = ErasedSession.erased_at < datetime.now(UTC) - KEPT_FOR
    with transaction(engine) as connection:
        connection.execute(delete(ErasedSession).where(old))


def _hash(session: SessionKey) -> str:
    return sha256(json.dumps(session).encode()).hexdigest()
