"""Changes to the master data that somebody at a dashboard asked for."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from analytics.errors import LakeUnavailableError, NewerLakeError
from flows.stores.postgres import engine_for
from flows.stores.store import StoreUnavailableError
from flows.version_of_data import UnknownDataVersionError


@contextmanager
def changing(postgres_url: str) -> Iterator[Engine]:
    """Connect for one change, which is a click now and then, and hold nothing after it.

    Raises:
        LakeUnavailableError: PostgreSQL does not take the change.
        NewerLakeError: A newer Cellpulse made the tables.
    """
    engine = engine_for(postgres_url)
    try:
        yield engine
    except UnknownDataVersionError as error:
        raise NewerLakeError(str(error)) from error
    except StoreUnavailableError as error:
        raise LakeUnavailableError(
            "PostgreSQL does not take the change: check that it runs and is not overloaded"
        ) from error
    finally:
        engine.dispose()
