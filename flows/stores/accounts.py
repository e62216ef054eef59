"""Writes and reads who signs in to the dashboard, in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, cast

from sqlalchemy import Engine, Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from flows.models import Account
from flows.stores.transaction import transaction
from ingest_api.foreseen import ForeseenError

#: What somebody may do: an admin everything, an instructor what concerns their courses, an
#: assistant what concerns the students of their sections of one course.
Role = Literal["admin", "instructor", "assistant"]
_COLUMNS: Final = (
    Account.account,
    Account.role,
    Account.course_ids,
    Account.sections,
    Account.password_hash,
)


class AccountError(ForeseenError):
    """There is no such account, or there is one already; the message says what to do."""


@dataclass(frozen=True)
class KnownAccount:
    """An account.

    Attributes:
        course_ids: The courses that an instructor or an assistant may see; an admin sees every one.
        sections: The sections of which an assistant may see the students.
        password_hash: Argon2id in PHC form; None until its owner has chosen a password.
    """

    account: str
    role: Role
    course_ids: tuple[str, ...]
    sections: tuple[str, ...]
    password_hash: str | None


def add(
    engine: Engine,
    account: str,
    role: Role,
    course_ids: Sequence[str],
    code_id: str,
    sections: Sequence[str] = (),
) -> None:
    """Make an account that waits for the link with this code.

    Raises:
        AccountError: There is one of this name.
        StoreUnavailableError: PostgreSQL does not answer.
    """
    values = {
        "account": account,
        "role": role,
        "course_ids": list(course_ids),
        "sections": list(sections),
        "code_id": code_id,
        "created_at": datetime.now(UTC),
    }
    made = insert(Account).values(values).on_conflict_do_nothing().returning(Account.account)
    with transaction(engine) as connection:
        if connection.execute(made).first() is None:
            raise AccountError(
                f"there is an account {account!r} already: 'cellpulse account reset' gives it a "
                "new link"
            )


def expect_first_admin(engine: Engine, account: str, code_id: str) -> bool:
    """Until an admin has a password, have this one wait for the link with this code.

    Returns:
        Whether it waits.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    has_password = (Account.role == "admin") & Account.password_hash.is_not(None)
    values = {"role": "admin", "course_ids": [], "sections": [], "code_id": code_id}
    statement = insert(Account).values(account=account, created_at=datetime.now(UTC), **values)
    with transaction(engine) as connection:
        if connection.execute(select(Account.account).where(has_password)).first():
            return False
        connection.execute(statement.on_conflict_do_update(index_elements=["account"], set_=values))
    return True


def expect_code(engine: Engine, account: str, code_id: str) -> None:
    """Take an account's password away, and wait for the link with this code.

    Raises:
        AccountError: There is no such account.
        StoreUnavailableError: PostgreSQL does not answer.
    """
    statement = (
        update(Account)
        .where(Account.account == account)
        .values(code_id=code_id, password_hash=None)
    )
    with transaction(engine) as connection:
        if not connection.execute(statement).rowcount:
            raise _unknown(account)


def set_password(engine: Engine, account: str, code_id: str, password_hash: str) -> bool:
    """Set the password of the account that waits for this code; a code works once.

    Returns:
        Whether the code was good.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    statement = (
        update(Account)
        .where(Account.account == account, Account.code_id == code_id)
        .values(code_id=None, password_hash=password_hash)
    )
    with transaction(engine) as connection:
        return bool(connection.execute(statement).rowcount)


def find(engine: Engine, account: str) -> KnownAccount | None:
    """Return an account by its name.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    with transaction(engine) as connection:
        row = connection.execute(select(*_COLUMNS).where(Account.account == account)).first()
    return None if row is None else _known(row)


def every(engine: Engine) -> list[KnownAccount]:
    """Return all accounts, by name.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    with transaction(engine) as connection:
        rows = connection.execute(select(*_COLUMNS).order_by(Account.account)).all()
    return [_known(row) for row in rows]


def remove(engine: Engine, account: str) -> None:
    """Close an account.

    Raises:
        AccountError: There is no such account.
        StoreUnavailableError: PostgreSQL does not answer.
    """
    with transaction(engine) as connection:
        if not connection.execute(delete(Account).where(Account.account == account)).rowcount:
            raise _unknown(account)


def _known(row: Row[str, str, list[str], list[str], str | None]) -> KnownAccount:
    account, role, course_ids, sections, password_hash = row
    return KnownAccount(
        account, cast("Role", role), tuple(course_ids), tuple(sections), password_hash
    )


def _unknown(account: str) -> AccountError:
    return AccountError(
        f"there is no account {account!r}: 'cellpulse account list' shows all, 'add' makes one"
    )
