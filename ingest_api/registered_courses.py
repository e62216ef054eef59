"""The registered courses on Redis: published by `cellpulse course register`, read by the edge.

Reading costs no request anything: a copy in memory is brought up to date once a second.
"""

import asyncio
import logging
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ingest_api.course_content import ExerciseFinder, read_content
from ingest_api.events import ProgressEvent

logger = logging.getLogger(__name__)
#: Of each course the compact copy of its content, as JSON.
CONTENTS: Final = "progress-events:course-contents"
#: Of each course the version of that copy.
VERSIONS: Final = "progress-events:course-versions"
_LOOK_SECONDS: Final = 1.0


class RegisteredCourses:
    """Gives each event of a registered course its exercise."""

    def __init__(self, redis: Redis) -> None:
        """Know no course before `refresh`: events then stay as they are."""
        self._redis = redis
        self._versions: dict[bytes, bytes] = {}
        self._finders: dict[str, ExerciseFinder] = {}

    def resolve(self, event: ProgressEvent) -> ProgressEvent:
        """Return the event as its course's registration says; see `ExerciseFinder.resolve`."""
        finder = self._finders.get(event.course_id)
        return event if finder is None else finder.resolve(event)

    async def refresh(self) -> None:
        """Take over what was registered since the last time.

        Raises:
            redis.RedisError: Redis does not answer; what is known stays.
        """
        versions: Any = await self._redis.hgetall(VERSIONS)
        for course in self._versions.keys() - versions.keys():
            self._finders.pop(course.decode(), None)
        changed = [course for course in versions if versions[course] != self._versions.get(course)]
        if changed:
            contents: Any = await self._redis.hmget(CONTENTS, changed)
            for course, content in zip(changed, contents, strict=True):
                self._take(course.decode(), content)
        self._versions = versions

    async def follow(self) -> None:
        """Refresh once a second until cancelled. A Redis that is away is waited for."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self.refresh()
            except (RedisError, OSError):
                continue  # whoever appends says it, and what is known goes on to count

    def _take(self, course_id: str, content: bytes | None) -> None:
        try:
            self._finders[course_id] = ExerciseFinder(read_content(content or b""))
        except ValueError as error:
            logger.error("the registration of course %r can't be read: %s", course_id, error)  # noqa: TRY400 - foreseen
