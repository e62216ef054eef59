"""Locks of the lake: who writes it, and who needs that none of its files is deleted."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, LiteralString

import psycopg

from flows.stores.postgres_address import NOTICE_LOST_CLIENTS, with_timeouts
from flows.stores.store import StoreUnavailableError

#: PostgreSQL advisory lock that whoever writes the lake holds: one writer at a time.
WRITER_LOCK: Final = 7_235_421
#: Held by whoever deletes files of the lake; shared by those who need that none is deleted.
FILES_LOCK: Final = 7_235_422
_LOCK_TIMEOUT: Final = "10s"


def sole_writer(postgres_url: str) -> AbstractContextManager[psycopg.Connection]:
    """Let nobody else write to the lake meanwhile.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer, or another writer does not end.
    """
    return _locked(postgres_url, "SELECT pg_advisory_lock(%s)", WRITER_LOCK)


def files_kept(postgres_url: str) -> AbstractContextManager[psycopg.Connection]:
    """Let nobody delete a file of the lake meanwhile; writers go on.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer, or a deletion does not end.
    """
    return _locked(postgres_url, "SELECT pg_advisory_lock_shared(%s)", FILES_LOCK)


@contextmanager
def _locked(postgres_url: str, take: LiteralString, lock: int) -> Iterator[psycopg.Connection]:
    """Hold a lock of the lake's catalog on a connection of its own, which takes it to its end."""
    try:
        with psycopg.connect(with_timeouts(postgres_url), autocommit=True) as connection:
            connection.execute(NOTICE_LOST_CLIENTS)
            connection.execute(f"SET lock_timeout = '{_LOCK_TIMEOUT}'")
            connection.execute(take, [lock])
            yield connection
    except psycopg.Error as error:
        raise StoreUnavailableError(f"PostgreSQL, the lake's catalog: {error}") from error


def try_lock(connection: psycopg.Connection, lock: int) -> bool:
    """Take a lock for as long as the connection is open, unless another has it."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [lock]).fetchone()
    return bool(row and row[0])
