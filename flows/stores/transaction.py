"""One transaction in PostgreSQL for a change that somebody asked for."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from flows.stores.store import StoreUnavailableError


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Commit what is done with the connection, or nothing of it.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer, or it refuses.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise StoreUnavailableError(f"PostgreSQL: {error}") from error
