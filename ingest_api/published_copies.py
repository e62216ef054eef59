"""What is published about courses on Redis, at hand in memory and at most about a second old.

Reading it costs no request anything: the copies are brought up to date once a second.
"""

import logging
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from redis.asyncio import Redis

from ingest_api.background import keep_fresh

logger = logging.getLogger(__name__)
_LOOK_SECONDS: Final = 1.0

Copy = TypeVar("Copy")


def require_format(found: int, known: int) -> None:
    """Go on only with what this version of Cellpulse can read.

    Raises:
        ValueError: It is of another format.
    """
    if found != known:
        raise ValueError(f"format {found}; this Cellpulse knows {known}: upgrade it")


class PublishedCopies(Generic[Copy]):
    """One kind of what is published: of each course a copy, and its version beside it.

    Args:
        redis: Where it is published.
        contents: The hash that has each course's copy.
        versions: The hash that has each copy's version.
        read: Makes of a copy what is kept of it; a ValueError says why it can't.
    """

    def __init__(
        self, redis: Redis, contents: str, versions: str, read: Callable[[bytes], Copy]
    ) -> None:
        """Know no course before `refresh`."""
        self._redis = redis
        self._contents_key = contents
        self._versions_key = versions
        self._read = read
        self._versions: dict[bytes, bytes] = {}
        self._copies: dict[str, Copy] = {}

    def of(self, course_id: str) -> Copy | None:
        """Return the copy of a course, if there is one."""
        return self._copies.get(course_id)

    async def refresh(self) -> None:
        """Take over what was published since the last time.

        Raises:
            redis.RedisError: Redis does not answer; what is known stays.
        """
        versions: Any = await self._redis.hgetall(self._versions_key)
        for course in self._versions.keys() - versions.keys():
            self._copies.pop(course.decode(), None)
        changed = [course for course in versions if versions[course] != self._versions.get(course)]
        if changed:
            contents: Any = await self._redis.hmget(self._contents_key, changed)
            for course, content in zip(changed, contents, strict=True):
                self._take(course.decode(), content)
        self._versions = versions

    async def follow(self) -> None:
        """Refresh once a second until cancelled. A Redis that is away is waited for."""
        await keep_fresh(self.refresh, _LOOK_SECONDS)

    def _take(self, course_id: str, content: bytes | None) -> None:
        try:
            self._copies[course_id] = self._read(content or b"")
        except ValueError as error:
            logger.error("%s of course %r can't be read: %s", self._contents_key, course_id, error)  # noqa: TRY400 - foreseen
