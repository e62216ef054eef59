"""Signs an account out wherever it is signed in."""

import time

from redis import Redis

from ingest_api.signed_in import SIGNED_IN_SECONDS, account_key


def sign_out_everywhere(redis: Redis, account: str) -> None:
    """End every session that an account has now.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    redis.set(account_key(account), repr(time.time()), ex=SIGNED_IN_SECONDS)
