"""Reads the lake for the API: one attached connection, and a cursor with one transaction a read."""

import logging
import os
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextlib import suppress
from threading import BoundedSemaphore, Lock, Thread
from typing import Final, Generic, TypeVar

import duckdb

from analytics.errors import LakeUnavailableError
from analytics.lake.committed_state import CommittedState
from analytics.lake.connection import open_lake, unavailable
from analytics.lake.kept_answers import KeptAnswers
from analytics.queries.query import load_query
from analytics.settings import LakeSettings
from flows.stores.lake_attach import plain_error

_logger = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")

#: Reads at once: each holds up to two connections of PostgreSQL and can use every core.
READS_AT_ONCE: Final = 4
#: Threads of DuckDB: half of the cores, as events need the others. On a busy machine a thread that
#: is woken waits for a core, so an answer of two threads took twice the processor time of one
#: thread's, and several times as long.
_THREADS: Final = max(1, (os.cpu_count() or 1) // 2)
#: How long a read may take, waiting for its turn included, in seconds.
READ_SECONDS = 10.0
_TOO_LATE: Final = (
    "the lake or its PostgreSQL does not answer in time: check that it runs and is not overloaded"
)


class LakeReader:
    """Answers questions about the lake and the master data; safe to use from many threads."""

    def __init__(self, settings: LakeSettings) -> None:
        self._settings = settings
        self._slots = BoundedSemaphore(READS_AT_ONCE)
        self._attaching = Lock()
        self._attached: duckdb.DuckDBPyConnection | None = None
        self._committed = CommittedState(settings.postgres_url)
        self._kept = KeptAnswers(self._committed.now)

    def warm(self) -> None:
        """Attach and read once, so that the first answer is fast; what is away is tried later."""
        try:
            self.read(_first_question)
        except LakeUnavailableError as error:
            _logger.warning("starting without the lake: %s", error)

    def read(self, question: Callable[[duckdb.DuckDBPyConnection], _Answer]) -> _Answer:
        """Ask within one transaction, so that all that `question` reads fits together.

        A connection that broke, as after a restart of PostgreSQL, is replaced once. A read that
        takes longer than `READ_SECONDS` is given up: where PostgreSQL hangs, nothing can end the
        thread that waits for it, so that one keeps its slot until it is let go.

        Raises:
            LakeUnavailableError: The lake or PostgreSQL does not answer, or not in time.
        """
        end = time.monotonic() + READ_SECONDS
        if not self._slots.acquire(timeout=READ_SECONDS):
            raise LakeUnavailableError(_TOO_LATE)
        reading = _Reading(question)
        Thread(target=self._answer, args=(reading,), daemon=True).start()
        try:
            return reading.answer.result(max(0.0, end - time.monotonic()))
        except TimeoutError:
            reading.give_up()
            self._forget(reading.connection)
            raise LakeUnavailableError(_TOO_LATE) from None

    def _answer(self, reading: "_Reading[_Answer]") -> None:
        try:
            reading.answer.set_result(self._ask_twice(reading))
        except Exception as error:  # noqa: BLE001 - raised again in the thread that asked
            reading.answer.set_exception(error)
        finally:
            self._slots.release()

    def _ask_twice(self, reading: "_Reading[_Answer]") -> _Answer:
        connection = self._connection()
        try:
            return reading.ask(connection)
        except duckdb.Error as error:
            self._drop(connection)
            if reading.is_given_up:
                raise
            _logger.warning("attaching the lake anew: %s", self._plain(error))
        connection = self._connection()
        try:
            return reading.ask(connection)
        except duckdb.Error as error:
            self._drop(connection)
            raise unavailable(self._settings, error) from self._plain(error)

    def answer(
        self,
        question: Hashable,
        ask: Callable[[duckdb.DuckDBPyConnection], _Answer],
        *,
        oldest: float | None,
    ) -> _Answer:
        """Ask as `read` does; what was answered before is given again while it is true.

        Args:
            question: Equal for those that have the same answer.
            ask: Reads the answer.
            oldest: A kept answer of at most this age does in any case; None for none.

        Raises:
            LakeUnavailableError: The lake or PostgreSQL does not answer, or not in time.
        """

        def read(lake: duckdb.DuckDBPyConnection) -> tuple[str | None, _Answer]:
            self._committed.connect()
            # Before the first statement, with which PostgreSQL begins the transaction.
            return self._committed.now(), ask(lake)

        return self._kept.answer(question, lambda: self.read(read), oldest)

    def close(self) -> None:
        """Let go of the lake; the next read attaches it again."""
        self._committed.close()
        if self._attached is not None:
            self._drop(self._attached)

    def _connection(self) -> duckdb.DuckDBPyConnection:
        with self._attaching:
            attached = self._attached
            if attached is None:
                attached = open_lake(self._settings)
                attached.execute(f"SET GLOBAL threads = {_THREADS:d}")
                self._attached = attached
            return attached

    def _drop(self, broken: duckdb.DuckDBPyConnection) -> None:
        self._forget(broken)
        # Other threads' cursors keep the old database until they are done with it.
        broken.close()

    def _forget(self, broken: duckdb.DuckDBPyConnection | None) -> None:
        # Without the lock, which is held while PostgreSQL is being connected to. At worst a
        # connection that was just made is forgotten, and the next read makes another.
        if self._attached is broken:
            self._attached = None

    def _plain(self, error: duckdb.Error) -> duckdb.Error:
        return plain_error(error, self._settings.postgres_url)


def _first_question(lake: duckdb.DuckDBPyConnection) -> None:
    load_query("as_of").row(lake)
    # DuckDB loads pandas when it is first given a parameter, which takes half a second.
    load_query("membership").row(lake, course_id="", student_id="")


class _Reading(Generic[_Answer]):
    """One question, asked in a thread of its own, which whoever asked may not wait for."""

    def __init__(self, question: Callable[[duckdb.DuckDBPyConnection], _Answer]) -> None:
        self.answer: Future[_Answer] = Future()
        self.is_given_up = False
        self.connection: duckdb.DuckDBPyConnection | None = None
        self._question = question
        self._cursor: duckdb.DuckDBPyConnection | None = None

    def ask(self, connection: duckdb.DuckDBPyConnection) -> _Answer:
        """Ask within one transaction of `connection`."""
        self.connection = connection
        self._cursor = cursor = connection.cursor()
        try:
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            answer = self._question(cursor)
            cursor.execute("COMMIT")
            return answer
        finally:
            # Closing ends a transaction that is still open; a broken one may fail even at that.
            with suppress(duckdb.Error):
                cursor.close()

    def give_up(self) -> None:
        """End the read where it is DuckDB that is busy; one that waits for PostgreSQL goes on."""
        self.is_given_up = True
        if self._cursor is not None:
            with suppress(duckdb.Error):
                self._cursor.interrupt()
