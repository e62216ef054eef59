"""Whether a process answers, or says that it lives."""

import httpx
from redis import Redis, RedisError

from flows.liveness import is_alive


def http_answers(address: str) -> bool:
    """Tell whether an address answers without an error."""
    try:
        return httpx.get(address, timeout=2, follow_redirects=True).is_success
    except httpx.HTTPError:
        return False


def lives(redis_url: str, process: str) -> bool:
    """Tell whether a process that has no address said lately that it lives."""
    try:
        with Redis.from_url(redis_url, protocol=2, socket_timeout=2) as redis:
            return is_alive(redis, process)
    except RedisError:
        return False
