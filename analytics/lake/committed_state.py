"""What is committed in PostgreSQL, as one value: as long as it is the same, so is every answer.

The master data and the catalog of the lake are in one PostgreSQL, and a file of the lake never
changes, so whoever finds the same snapshot twice finds the same rows.
"""

import logging
from contextlib import suppress
from select import select
from threading import Lock
from typing import Final

import psycopg
from psycopg.pq import ExecStatus

from flows.stores.postgres_address import with_timeouts

_logger = logging.getLogger(__name__)
#: Which transactions are over, by https://www.postgresql.org/docs/current/functions-info.html.
_SNAPSHOT: Final = b"SELECT pg_current_snapshot()"
#: Longer than this nobody waits to save a reading, in seconds.
_WAIT_SECONDS: Final = 1.0


class CommittedState:
    """Asks on a connection of its own; safe to use from many threads."""

    def __init__(self, postgres_url: str) -> None:
        self._address = with_timeouts(postgres_url)
        self._asking = Lock()
        self._connection: psycopg.Connection | None = None

    def connect(self) -> None:
        """Connect, where that was not done yet or the connection broke; where it fails, later."""
        with self._asking:
            if self._connection is None:
                with suppress(psycopg.Error):
                    self._connection = psycopg.connect(self._address, autocommit=True)

    def now(self) -> str | None:
        """Return the value; None where it can't be had at once."""
        with self._asking:
            if self._connection is None:
                return None
            try:
                return _ask(self._connection)
            except (psycopg.Error, TimeoutError, OSError) as error:
                _logger.debug("PostgreSQL does not say what is committed: %s", error)
                self._drop()
                return None

    def close(self) -> None:
        """Let go of the connection."""
        with self._asking:
            self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()


def _ask(connection: psycopg.Connection) -> str:
    """Ask without waiting for a server that hangs.

    Raises:
        TimeoutError: It does not answer in time.
    """
    server = connection.pgconn
    server.send_query(_SNAPSHOT)
    while server.is_busy():
        readable, _, _ = select([server.socket], [], [], _WAIT_SECONDS)
        if not readable:
            raise TimeoutError("no answer in time")
        server.consume_input()
    answer = None
    while (result := server.get_result()) is not None:
        if result.status == ExecStatus.TUPLES_OK:
            answer = result.get_value(0, 0)
    if answer is None:
        raise psycopg.OperationalError("there is no answer")
    return answer.decode()
