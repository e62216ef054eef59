"""How flows' processes reach Redis: no connection that fell silent may hold them for ever."""

from typing import Final

from redis import Redis

_TIMEOUT_SECONDS: Final = 5.0


def connect_redis(url: str) -> Redis:
    """Return a client that gives up on a Redis which does not answer; it connects on first use."""
    return Redis.from_url(
        url, protocol=2, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
    )
