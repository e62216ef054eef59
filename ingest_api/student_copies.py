"""What is kept about students on Redis, at hand in memory and at most about a second old."""

import json
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from redis.asyncio import Redis

from ingest_api.background import keep_fresh

_LOOK_SECONDS: Final = 1.0

Copy = TypeVar("Copy")


def student_field(course_id: str, student_id: str) -> str:
    """Return the field of a student of a course, in a hash that is by course and student."""
    return json.dumps([course_id, student_id])


class StudentCopies(Generic[Copy]):
    """One kind of what is kept, by course and student, beside a count of its changes.

    Args:
        redis: Where it is kept.
        contents: The hash that is by course and student (`student_field`).
        changes: What counts how often anything in it was changed.
        read: Makes of a value what is known of it.
    """

    def __init__(
        self, redis: Redis, contents: str, changes: str, read: Callable[[bytes], Copy]
    ) -> None:
        """Know of nobody before `refresh`."""
        self._redis = redis
        self._contents_key = contents
        self._changes_key = changes
        self._read = read
        self._changes: Any = None
        self._copies: dict[tuple[str, str], Copy] = {}

    def of(self, course_id: str, student_id: str) -> Copy | None:
        """Return what is known of a student of a course, if there is anything."""
        return self._copies.get((course_id, student_id))

    def note(self, course_id: str, student_id: str, copy: Copy) -> None:
        """Know what was just put on Redis before the next `refresh`."""
        self._copies[course_id, student_id] = copy

    async def refresh(self) -> None:
        """Take over what was changed since the last time.

        Raises:
            redis.RedisError: Redis does not answer; what is known stays.
        """
        changes: Any = await self._redis.get(self._changes_key)
        if changes != self._changes:
            kept: Any = await self._redis.hgetall(self._contents_key)
            self._copies = {
                tuple(json.loads(who)): self._read(value) for who, value in kept.items()
            }
            self._changes = changes

    async def follow(self) -> None:
        """Refresh once a second until cancelled. A Redis that is away is waited for."""
        await keep_fresh(self.refresh, _LOOK_SECONDS)
