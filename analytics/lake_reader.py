"""Reads the lake for the API: one attached connection, and a cursor with one transaction a read."""

import logging
from collections.abc import Callable
from contextlib import suppress
from threading import BoundedSemaphore, Lock
from typing import Final, TypeVar

import duckdb

from analytics.connection import LakeUnavailableError, open_lake, unavailable
from analytics.measure import load_measure
from analytics.settings import LakeSettings
from flows.stores.lake_attach import plain_error

_logger = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")

#: Reads at once: each holds up to two connections of PostgreSQL and can use every core.
READS_AT_ONCE: Final = 4


class LakeReader:
    """Answers questions about the lake and the master data; safe to use from many threads."""

    def __init__(self, settings: LakeSettings) -> None:
        self._settings = settings
        self._slots = BoundedSemaphore(READS_AT_ONCE)
        self._attaching = Lock()
        self._attached: duckdb.DuckDBPyConnection | None = None

    def warm(self) -> None:
        """Attach and read once, so that the first answer is fast; what is away is tried later."""
        try:
            self.read(_first_question)
        except LakeUnavailableError as error:
            _logger.warning("starting without the lake: %s", error)

    def read(self, question: Callable[[duckdb.DuckDBPyConnection], _Answer]) -> _Answer:
        """Ask within one transaction, so that all that `question` reads fits together.

        A connection that broke, as after a restart of PostgreSQL, is replaced once.

        Raises:
            LakeUnavailableError: The lake or PostgreSQL does not answer.
        """
        with self._slots:
            connection = self._connection()
            try:
                return _ask(connection, question)
            except duckdb.Error as error:
                _logger.warning("attaching the lake anew: %s", self._plain(error))
                self._drop(connection)
            connection = self._connection()
            try:
                return _ask(connection, question)
            except duckdb.Error as error:
                self._drop(connection)
                raise unavailable(self._settings, error) from self._plain(error)

    def close(self) -> None:
        """Let go of the lake; the next read attaches it again."""
        if self._attached is not None:
            self._drop(self._attached)

    def _connection(self) -> duckdb.DuckDBPyConnection:
        with self._attaching:
            if self._attached is None:
                self._attached = open_lake(self._settings)
            return self._attached

    def _drop(self, broken: duckdb.DuckDBPyConnection) -> None:
        with self._attaching:
            if self._attached is broken:
                self._attached = None
                # Other threads' cursors keep the old database until they are done with it.
                broken.close()

    def _plain(self, error: duckdb.Error) -> duckdb.Error:
        return plain_error(error, self._settings.postgres_url)


def _first_question(lake: duckdb.DuckDBPyConnection) -> None:
    load_measure("as_of").row(lake)
    # DuckDB loads pandas when it is first given a parameter, which takes half a second.
    load_measure("membership").row(lake, course_id="", student_id="")


def _ask(
    connection: duckdb.DuckDBPyConnection,
    question: Callable[[duckdb.DuckDBPyConnection], _Answer],
) -> _Answer:
    cursor = connection.cursor()
    try:
        cursor.execute("BEGIN TRANSACTION READ ONLY")
        answer = question(cursor)
        cursor.execute("COMMIT")
        return answer
    finally:
        # Closing ends a transaction that is still open; a broken one may fail even at that.
        with suppress(duckdb.Error):
            cursor.close()
