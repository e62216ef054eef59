"""Writes what instructors set for the attention list, and tells every dashboard that it changed."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from redis import RedisError
from sqlalchemy import Engine

from analytics.attention_responses import Thresholds
from analytics.master_data import changing
from analytics.settings import ApiSettings
from flows.logged_event import START
from flows.redis_client import connect_redis
from flows.rollup_signal import announce_rollups
from flows.stores import attention

_logger = logging.getLogger(__name__)


class AttentionWriter:
    """Connects for each change, which is a click now and then, and holds nothing in between."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings

    def set_thresholds(self, course_id: str, thresholds: Thresholds) -> None:
        """Set every threshold of a course; those that are as by default are forgotten.

        Raises:
            LakeUnavailableError: PostgreSQL does not answer.
        """
        defaults = Thresholds().model_dump()
        changed = {
            name: value
            for name, value in thresholds.model_dump().items()
            if value != defaults[name]
        }
        with self._changing(course_id) as engine:
            attention.set_thresholds(engine, course_id, changed)

    def snooze(self, course_id: str, student_id: str, until: datetime, by: str | None) -> None:
        """Take a student off the list until a time.

        Raises:
            LakeUnavailableError: PostgreSQL does not answer.
        """
        with self._changing(course_id) as engine:
            attention.snooze(engine, course_id, student_id, until=until, by=by)

    def end_snooze(self, course_id: str, student_id: str) -> None:
        """Put a student back on the list.

        Raises:
            LakeUnavailableError: PostgreSQL does not answer.
        """
        with self._changing(course_id) as engine:
            attention.end_snooze(engine, course_id, student_id)

    def set_mark(self, course_id: str, student_id: str, mark: str, by: str | None) -> None:
        """Note that somebody goes to a student, or has helped.

        Raises:
            LakeUnavailableError: PostgreSQL does not answer.
        """
        with self._changing(course_id) as engine:
            attention.set_mark(engine, course_id, student_id, mark=mark, by=by)

    def take_mark_back(self, course_id: str, student_id: str) -> None:
        """Forget a student's latest mark.

        Raises:
            LakeUnavailableError: PostgreSQL does not answer.
        """
        with self._changing(course_id) as engine:
            attention.take_mark_back(engine, course_id, student_id)

    @contextmanager
    def _changing(self, course_id: str) -> Iterator[Engine]:
        with changing(self._settings.postgres_url) as engine:
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
