"""Changes that an instructor makes to a course: into PostgreSQL, and told to every dashboard."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from redis import RedisError
from sqlalchemy import Engine

from analytics.settings import ApiSettings
from analytics.stores import Stores
from flows.log.logged_event import START
from flows.redis_client import connect_redis
from flows.stores import attention
from flows.worker.rollup_signal import announce_rollups

_AWAY: Final = "PostgreSQL does not take the change: check that it runs and is not overloaded"
_logger = logging.getLogger(__name__)


class CourseChanges:
    """Connects for each change, which is a click now and then, and holds nothing in between."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings

    @contextmanager
    def to(self, course_id: str) -> Iterator[Engine]:
        """Open PostgreSQL for a change to a course, and tell the dashboards after it.

        Raises:
            LakeUnavailableError: PostgreSQL does not answer.
        """
        with Stores(self._settings).postgres(_AWAY) as engine:
            yield engine
            position = attention.position_of(engine)
        self._announce(course_id, position or START)

    def _announce(self, course_id: str, position: str) -> None:
        """Tell the dashboards; without Redis they ask anew by themselves, every ten seconds."""
        if self._settings.redis_url is None:
            return
        redis = connect_redis(self._settings.redis_url)
        try:
            announce_rollups(redis, position, [course_id])
        except RedisError as error:
            _logger.warning("the dashboards are not told of a change: %s", error)
        finally:
            redis.close()
