"""The list of who was erased: kept in PostgreSQL, without names.

It is needed for what comes back by itself: a backup from before, or a store that was restored by
its own means. Whoever has the list alone can't try names out on it, for the hash is made with a key
that goes with the installation's secret.
"""

import hmac
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Engine, case, func, select, update
from sqlalchemy.dialects.postgresql import insert

from flows.log.logged_event import position_ns
from flows.models import DeletionRequest, ErasedStudent
from flows.personal_data.gather import Person
from flows.stores.transaction import transaction
from ingest_api.foreseen import ForeseenError

#: The list as a file, beside what it is about: in the data folder, and in each backup.
FILE: Final = "erased.json"
_DERIVED_FOR: Final = b"cellpulse: the list of who was erased"


class ErasureError(ForeseenError):
    """Why somebody can't be erased, in one line that says what to do."""


class Erased(BaseModel):
    """One of the list; see `flows.models.ErasedStudent`."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    course_id: str
    student_hash: str
    key_id: str
    up_to: str
    erasure_id: str
    requested_at: datetime | None
    started_at: datetime
    completed_at: datetime | None


class _File(BaseModel):
    format: int = 1
    erased: list[Erased]


class Keys:
    """Recognises who was erased, by the installation's secret and the one that it replaced."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Make new entries by the first secret."""
        keys = [hmac.digest(secret.encode(), _DERIVED_FOR, "sha256") for secret in secrets]
        self._keys = {sha256(key).hexdigest()[:16]: key for key in keys}

    def hash_of(self, person: Person) -> tuple[str, str]:
        """Return the id of the key that new entries are made with, and the hash of a person."""
        key_id, key = next(iter(self._keys.items()))
        return key_id, _hash(key, person)

    def find(self, person: Person, entries: Sequence[Erased]) -> Erased | None:
        """Return the entry of a person, if there is one."""
        hashes = {key_id: _hash(key, person) for key_id, key in self._keys.items()}
        of_course = (each for each in entries if each.course_id == person.course_id)
        found = [each for each in of_course if hashes.get(each.key_id) == each.student_hash]
        return max(found, key=lambda each: position_ns(each.up_to), default=None)

    def require_all(self, entries: Sequence[Erased]) -> None:
        """Refuse a list with entries of another secret, for they would not be recognised.

        Raises:
            ErasureError: There are some.
        """
        others = sum(each.key_id not in self._keys for each in entries)
        if others:
            raise ErasureError(
                f"{others} who were erased can't be recognised, as that was under another secret: "
                "give it as CELLPULSE_SECRET_PREVIOUS and say 'cellpulse forget --again'"
            )


def entries(engine: Engine) -> list[Erased]:
    """Return the whole list, the oldest first.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    query = select(ErasedStudent.__table__).order_by(ErasedStudent.started_at)
    with transaction(engine) as connection:
        return [Erased.model_validate(row) for row in connection.execute(query).all()]


def begin(engine: Engine, keys: Keys, person: Person, up_to: str) -> Erased:
    """Note that a person is being erased; what was begun and is not whole goes on under its id.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    key_id, student_hash = keys.hash_of(person)
    asked = select(DeletionRequest.requested_at).where(
        DeletionRequest.course_id == person.course_id,
        DeletionRequest.student_id == person.student_id,
    )
    with transaction(engine) as connection:
        requested_at = connection.execute(asked).scalar_one_or_none()
        statement = insert(ErasedStudent).values(
            course_id=person.course_id,
            student_hash=student_hash,
            key_id=key_id,
            up_to=up_to,
            erasure_id=uuid4().hex,
            requested_at=requested_at,
            started_at=datetime.now(UTC),
        )
        new = statement.excluded
        is_whole = ErasedStudent.completed_at.is_not(None)
        row = connection.execute(
            statement.on_conflict_do_update(
                index_elements=["course_id", "student_hash"],
                set_={
                    "up_to": new.up_to,
                    "erasure_id": case((is_whole, new.erasure_id), else_=ErasedStudent.erasure_id),
                    "requested_at": func.coalesce(new.requested_at, ErasedStudent.requested_at),
                    "completed_at": None,
                },
            ).returning(ErasedStudent.__table__)
        ).one()
    return Erased.model_validate(row)


def complete(engine: Engine, entry: Erased) -> None:
    """Note that an erasure is whole.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    with transaction(engine) as connection:
        connection.execute(
            update(ErasedStudent)
            .where(ErasedStudent.erasure_id == entry.erasure_id)
            .values(completed_at=datetime.now(UTC))
        )


def add(engine: Engine, found: Iterable[Erased]) -> None:
    """Add entries of another copy of the list; of two of the same person the later one stays.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    known = {(each.course_id, each.student_hash): each for each in entries(engine)}
    with transaction(engine) as connection:
        for each in found:
            before = known.get((each.course_id, each.student_hash))
            if before is None or position_ns(before.up_to) < position_ns(each.up_to):
                statement = insert(ErasedStudent).values(each.model_dump())
                connection.execute(
                    statement.on_conflict_do_update(
                        index_elements=["course_id", "student_hash"],
                        set_=each.model_dump(exclude={"course_id", "student_hash"}),
                    )
                )


def write_file(folder: Path, listed: Sequence[Erased]) -> None:
    """Write the list into a folder, at once.

    Raises:
        OSError: It can't be written.
    """
    aside = folder / f"{FILE}.new"
    aside.touch(mode=0o600)
    aside.write_text(_File(erased=list(listed)).model_dump_json(indent=1))
    aside.rename(folder / FILE)


def read_file(path: Path) -> list[Erased]:
    """Read a list; a folder without one has none, and neither has one that is not there.

    Raises:
        ErasureError: It is no such list.
    """
    place = path / FILE if path.is_dir() else path
    if not place.exists():
        return []
    try:
        found = _File.model_validate_json(place.read_text())
    except (OSError, ValidationError) as error:
        raise ErasureError(f"{place} is no list of who was erased: name another one") from error
    if found.format != 1:
        raise ErasureError(f"{place} has format {found.format}; this Cellpulse knows 1: upgrade it")
    return found.erased


def _hash(key: bytes, person: Person) -> str:
    text = json.dumps([person.course_id, person.student_id])
    return hmac.digest(key, text.encode(), "sha256").hex()
