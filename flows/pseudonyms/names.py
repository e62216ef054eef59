"""The names of pseudonymous courses: whose a pseudonym is, in a store of its own.

It is one table, in a file beside the secret or in a database by `CELLPULSE_NAMES_URL`, and no
other store has any of it. Whoever deletes it makes the courses anonymous.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    Delete,
    MetaData,
    Table,
    Text,
    create_engine,
    delete,
    event,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from flows.stores.postgres import engine_for
from flows.stores.store import StoreUnavailableError

_SQLITE: Final = "sqlite:///"
_METADATA: Final = MetaData()
_NAMES: Final = Table(
    "names_of_pseudonyms",
    _METADATA,
    Column("course_id", Text, primary_key=True),
    Column("pseudonym", Text, primary_key=True),
    Column("student_id", Text, nullable=False),
    Column("display_name", Text),
)


@dataclass(frozen=True)
class Name:
    """Who somebody is: the id that the notebooks send, and the name that the roster has."""

    student_id: str
    display_name: str | None = None


class Names:
    """Reads and writes the names; connects for each question.

    Its methods raise StoreUnavailableError where the store does not answer.
    """

    def __init__(self, url: str) -> None:
        """Use the file or the database at this address; it is made when something is kept."""
        self._url = url

    def of_course(self, course_id: str) -> dict[str, Name]:
        """Return who is who in a course, by pseudonym."""
        return self.every().get(course_id, {})

    def every(self) -> dict[str, dict[str, Name]]:
        """Return who is who, by course and pseudonym."""
        if not self._is_there():
            return {}
        found: dict[str, dict[str, Name]] = {}
        with self._connection() as connection:
            if inspect(connection).has_table(_NAMES.name):
                for course_id, pseudonym, student_id, name in connection.execute(select(_NAMES)):
                    found.setdefault(course_id, {})[pseudonym] = Name(student_id, name)
        return found

    def keep(self, course_id: str, names: Mapping[str, Name]) -> None:
        """Keep who is who, in the place of what was known of these pseudonyms."""
        with self._connection() as connection:
            _METADATA.create_all(connection)
            for pseudonym, name in sorted(names.items()):
                connection.execute(_delete(course_id, pseudonym))
                values = {"course_id": course_id, "pseudonym": pseudonym}
                named = {"student_id": name.student_id, "display_name": name.display_name}
                connection.execute(insert(_NAMES).values(values | named))

    def forget(self, course_id: str, pseudonym: str | None = None) -> None:
        """Forget who somebody of a course is, or who everybody is; no byte of it is left."""
        if not self._is_there():
            return
        with self._connection() as connection:
            if not inspect(connection).has_table(_NAMES.name):
                return
            connection.execute(_delete(course_id, pseudonym))
        self._let_go_of_the_bytes()

    def _is_there(self) -> bool:
        return not self._url.startswith(_SQLITE) or self._file.is_file()

    @property
    def _file(self) -> Path:
        return Path(self._url.removeprefix(_SQLITE))

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            engine = self._engine()
            try:
                with engine.begin() as connection:
                    yield connection
            finally:
                engine.dispose()
        except (SQLAlchemyError, OSError) as error:
            raise StoreUnavailableError(f"the names of pseudonymous courses: {error}") from error

    def _engine(self) -> Engine:
        if not self._url.startswith(_SQLITE):
            return engine_for(self._url)
        # Nobody else may read it, at no moment.
        self._file.touch(mode=0o600)
        engine = create_engine(self._url)
        event.listen(engine, "connect", _overwrite_what_is_deleted)
        return engine

    def _let_go_of_the_bytes(self) -> None:
        if self._url.startswith(_SQLITE):
            return  # they were overwritten
        engine = self._engine()
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text(f"VACUUM FULL ANALYZE {_NAMES.name}"))
        except SQLAlchemyError as error:
            raise StoreUnavailableError(f"the names of pseudonymous courses: {error}") from error
        finally:
            engine.dispose()


def _delete(course_id: str, pseudonym: str | None) -> Delete:
    of_course = delete(_NAMES).where(_NAMES.c.course_id == course_id)
    return of_course if pseudonym is None else of_course.where(_NAMES.c.pseudonym == pseudonym)


def _overwrite_what_is_deleted(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA secure_delete = ON")
