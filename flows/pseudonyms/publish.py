"""Tells the edge the names of pseudonymous courses, sealed, so that it finds them in texts."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from redis import Redis

from flows.pseudonyms.names import Name
from ingest_api.names_in_texts import CONTENTS, VERSIONS, seal
from ingest_api.pseudonym import PseudonymKey


def publish_names(
    redis: Redis, key: PseudonymKey, courses: Mapping[str, Mapping[str, Name]]
) -> None:
    """Publish who is who in each course, where Redis does not have exactly that.

    Raises:
        redis.RedisError: Redis does not answer; the next time makes up for it.
    """
    published: Any = redis.hgetall(VERSIONS)
    for course_id, names in courses.items():
        who = {each: [name.student_id, name.display_name] for each, name in sorted(names.items())}
        # With the key in it, or one could try names until the version fits.
        text = key.sealing + json.dumps(who).encode()
        version = hashlib.sha256(text).hexdigest()
        if published.get(course_id.encode()) != version.encode():
            with redis.pipeline(transaction=True) as step:
                step.hset(CONTENTS, course_id, seal(key, who))
                step.hset(VERSIONS, course_id, version)
                step.execute()
    if gone := [course.decode() for course in published if course.decode() not in courses]:
        take_names_back(redis, *gone)


def take_names_back(redis: Redis, *course_ids: str) -> None:
    """Take back who is who in courses; the API publishes those who are left within seconds.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    with redis.pipeline(transaction=True) as step:
        step.hdel(CONTENTS, *course_ids)
        step.hdel(VERSIONS, *course_ids)
        step.execute()
