"""What a course tells its students about the recording: published per course, shown once to each.

The edge knows who has seen it by a copy in memory, brought up to date once a second, so that asking
it costs no request anything. What was seen waits on Redis until the worker has recorded it.
"""

import json
from datetime import UTC, datetime
from typing import Any, Final

import redis.asyncio
from pydantic import BaseModel, ConfigDict, Field
from redis import Redis

from ingest_api.background import keep_fresh
from ingest_api.events import Identifier
from ingest_api.published_copies import PublishedCopies
from ingest_api.student_copies import StudentCopies, student_field

#: Of each course its notice, as JSON.
CONTENTS: Final = "progress-events:course-notices"
#: Of each course the version of that.
VERSIONS: Final = "progress-events:course-notices-versions"
#: By course and student, which version was seen and when, as JSON.
SEEN: Final = "progress-events:notices-seen"
#: The same, until it is recorded.
TO_RECORD: Final = "progress-events:notices-to-record"
#: How often anything in `SEEN` was changed.
CHANGES: Final = "progress-events:notices-seen-changes"
_LOOK_SECONDS: Final = 1.0


class Notice(BaseModel):
    """A course's notice, in both languages."""

    model_config = ConfigDict(frozen=True)

    version: Identifier = Field(description="Names these texts.")
    english: str = Field(description="What the notebook shows.")
    japanese: str = Field(description="The same in Japanese.")


class Seen(BaseModel):
    """That a student has seen a notice."""

    model_config = ConfigDict(frozen=True)

    version: Identifier
    seen_at: datetime


class Notices:
    """Tells which notice a student has yet to see."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        """Know of no notice before `refresh`: none is shown then."""
        self._redis = client
        self._notices = PublishedCopies(client, CONTENTS, VERSIONS, Notice.model_validate_json)
        self._seen = StudentCopies(client, SEEN, CHANGES, Seen.model_validate_json)

    def to_show(self, course_id: str, student_id: str) -> Notice | None:
        """Return the notice of a course, unless the student has seen it."""
        notice = self._notices.of(course_id)
        if notice is None:
            return None
        seen = self._seen.of(course_id, student_id)
        return None if seen and seen.version == notice.version else notice

    async def refresh(self) -> None:
        """Take over what was changed since the last time.

        Raises:
            redis.RedisError: Redis does not answer; what is known stays.
        """
        await self._notices.refresh()
        await self._seen.refresh()

    async def follow(self) -> None:
        """Refresh once a second until cancelled. A Redis that is away is waited for."""
        await keep_fresh(self.refresh, _LOOK_SECONDS)

    async def note_seen(self, course_id: str, student_id: str, version: str) -> None:
        """Note that a student has seen a notice now.

        Raises:
            redis.RedisError: Redis does not answer; nothing is noted.
        """
        field = student_field(course_id, student_id)
        seen = Seen(version=version, seen_at=datetime.now(UTC))
        kept = seen.model_dump_json()
        async with self._redis.pipeline(transaction=True) as step:
            step.hset(SEEN, field, kept)
            step.hset(TO_RECORD, field, kept)
            step.incr(CHANGES)
            await step.execute()
        self._seen.note(course_id, student_id, seen)


def to_record(client: Redis) -> dict[tuple[str, str], Seen]:
    """Return what was seen and is not recorded yet, by course and student.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    kept: Any = client.hgetall(TO_RECORD)
    return {
        (course, student): Seen.model_validate_json(value)
        for field, value in kept.items()
        for course, student in [json.loads(field)]
    }


def forget_recorded(client: Redis, course_id: str, student_id: str) -> None:
    """Take away what has been recorded.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    client.hdel(TO_RECORD, student_field(course_id, student_id))


def forget_seen(client: Redis, course_id: str, student_id: str) -> int:
    """Forget that a student has seen anything; return how many entries went.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    field = student_field(course_id, student_id)
    with client.pipeline(transaction=True) as step:
        step.hdel(SEEN, field)
        step.hdel(TO_RECORD, field)
        step.incr(CHANGES)
        first, second, _ = step.execute()
    return int(first) + int(second)
