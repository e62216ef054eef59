"""Writes and reads what admins changed on the page, so that everybody can see who did what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Engine, Row, select
from sqlalchemy.dialects.postgresql import insert

from flows.models import AdminAction
from flows.stores.transaction import transaction

#: What was changed.
What = Literal[
    "course made",
    "course changed",
    "students enrolled",
    "course registered",
    "account made",
    "account reset",
    "account removed",
    "token revoked",
]


@dataclass(frozen=True)
class Action:
    """A change to be noted.

    Attributes:
        who: The account; None for a token that was handed out.
        details: One line for people, which names no student.
        values: The same, by name: texts, numbers, lists of texts, None.
    """

    who: str | None
    what: What
    course_id: str | None
    details: str
    values: Mapping[str, Any]


def note(engine: Engine, action: Action) -> None:
    """Note a change.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    values = {
        "made_at": datetime.now(UTC),
        "who": action.who,
        "what": action.what,
        "course_id": action.course_id,
        "details": action.details,
        "values": dict(action.values),
    }
    with transaction(engine) as connection:
        connection.execute(insert(AdminAction).values(values))


def latest(
    engine: Engine, limit: int
) -> Sequence[Row[datetime, str | None, str, str | None, str, dict[str, Any]]]:
    """Return the newest changes first: when, who, what, of which course, details and values.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    columns = (
        AdminAction.made_at,
        AdminAction.who,
        AdminAction.what,
        AdminAction.course_id,
        AdminAction.details,
        AdminAction.values,
    )
    query = select(*columns).order_by(AdminAction.action_id.desc()).limit(limit)
    with transaction(engine) as connection:
        return connection.execute(query).all()
