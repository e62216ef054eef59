"""Signs an account out wherever it is signed in, and closes a student's own page."""

import time

from redis import Redis

from ingest_api.signed_in import SIGNED_IN_SECONDS, account_key, student_account
from ingest_api.student_link import forget_codes


def sign_out_everywhere(redis: Redis, account: str) -> None:
    """End every session that an account has now.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    redis.set(account_key(account), repr(time.time()), ex=SIGNED_IN_SECONDS)


def end_own_pages(redis: Redis, course_id: str, student_id: str) -> int:
    """Close a student's own page wherever it is open, and forget the links that would open it.

    Returns:
        How many links there were.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    links = forget_codes(redis, course_id, student_id)
    sign_out_everywhere(redis, student_account(course_id, student_id))
    return links
