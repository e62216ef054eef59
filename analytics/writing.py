"""Connections to what the API writes to, made for each change: a click now and then."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis, RedisError
from sqlalchemy import Engine

from analytics.errors import LakeUnavailableError, NewerLakeError
from analytics.settings import ApiSettings
from flows.redis_client import connect_redis
from flows.stores.postgres import engine_for
from flows.stores.store import StoreUnavailableError
from flows.version_of_data import UnknownDataVersionError


@contextmanager
def postgres_of(settings: ApiSettings) -> Iterator[Engine]:
    """Open PostgreSQL.

    Raises:
        LakeUnavailableError: It does not answer, or does not take the change.
    """
    engine = engine_for(settings.postgres_url)
    try:
        yield engine
    except UnknownDataVersionError as error:
        raise NewerLakeError(str(error)) from error
    except StoreUnavailableError as error:
        raise LakeUnavailableError(
            "PostgreSQL does not answer: check that it runs and is not overloaded"
        ) from error
    finally:
        engine.dispose()


@contextmanager
def redis_of(settings: ApiSettings) -> Iterator[Redis]:
    """Open Redis.

    Raises:
        LakeUnavailableError: It does not answer, or is not named for this process.
    """
    if settings.redis_url is None:
        raise LakeUnavailableError("this needs CELLPULSE_REDIS_URL for the aggregation API")
    redis = connect_redis(settings.redis_url)
    try:
        yield redis
    except RedisError as error:
        raise LakeUnavailableError("Redis does not answer: check that it runs") from error
    finally:
        redis.close()
