"""The one-time link by which a student's notebook opens the student's own page.

The notebook's token stays in the notebook: what stands in the link is a code that works once, for
five minutes, and opens a session that reads about this student alone. Redis knows a code only by
its hash, so that nobody who reads Redis or a backup of it can use one.
"""

import json
import secrets
from hashlib import sha256
from typing import Any, Final

import redis.asyncio
from redis import Redis

#: How long a link works, in seconds.
LINK_SECONDS: Final = 5 * 60
#: How long a student's page stays open then, in seconds: a day in the computer room.
PAGE_SECONDS: Final = 12 * 3_600
#: The address of the page that takes a code, on the dashboard.
OPEN_PATH: Final = "/open"
#: Before a code's hash: a key that holds whose code it is, until it is used or has run out.
LINK_KEY: Final = "progress-events:student-link:"


async def make_code(client: redis.asyncio.Redis, course_id: str, student_id: str) -> str:
    """Return a new code for a student of a course.

    Raises:
        redis.RedisError: Redis does not answer; there is no code.
    """
    code = secrets.token_urlsafe(24)
    await client.set(_key(code), _kept(course_id, student_id), ex=LINK_SECONDS)
    return code


def redeem_code(client: Redis, code: str) -> tuple[str, str] | None:
    """Use a code up, and return the course and the student that it is for.

    It is None for a code that was used, has run out, or was never given.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    kept: Any = client.getdel(_key(code))
    if kept is None:
        return None
    course_id, student_id = json.loads(kept)
    return course_id, student_id


def forget_codes(client: Redis, course_id: str, student_id: str) -> int:
    """Forget every code of a student of a course; return how many there were.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    kept = _kept(course_id, student_id).encode()
    keys = client.scan_iter(match=f"{LINK_KEY}*", count=1_000)
    return sum(int(client.delete(key)) for key in keys if client.get(key) == kept)


def _kept(course_id: str, student_id: str) -> str:
    return json.dumps([course_id, student_id])


def _key(code: str) -> str:
    return LINK_KEY + sha256(code.encode()).hexdigest()
