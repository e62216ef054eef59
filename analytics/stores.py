"""PostgreSQL and Redis for what the API changes or asks now and then: each use connects anew."""

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


class Stores:
    """Holds nothing in between: somebody enrolls a class now and then."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings

    @property
    def has_redis(self) -> bool:
        """Whether this process knows of a Redis."""
        return self._settings.redis_url is not None

    @contextmanager
    def postgres(
        self, away: str = "PostgreSQL does not answer: check that it runs"
    ) -> Iterator[Engine]:
        """Give an engine for one change.

        Args:
            away: What to say where it does not answer.

        Raises:
            LakeUnavailableError: PostgreSQL does not answer, or refuses.
            NewerLakeError: A newer version of Cellpulse wrote it.
        """
        engine = engine_for(self._settings.postgres_url)
        try:
            yield engine
        except UnknownDataVersionError as error:
            raise NewerLakeError(str(error)) from error
        except StoreUnavailableError as error:
            raise LakeUnavailableError(away) from error
        finally:
            engine.dispose()

    @contextmanager
    def redis(self) -> Iterator[Redis]:
        """Give a client for one change.

        Raises:
            LakeUnavailableError: This process knows of no Redis, or it does not answer.
        """
        if self._settings.redis_url is None:
            raise LakeUnavailableError("this process needs CELLPULSE_REDIS_URL for that")
        redis = connect_redis(self._settings.redis_url)
        try:
            yield redis
        except RedisError as error:
            raise LakeUnavailableError("Redis does not answer: check that it runs") from error
        finally:
            redis.close()
