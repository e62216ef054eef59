"""Notes on Redis when the last backup was made, for whoever asks how the platform is."""

from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from redis import Redis, RedisError

_KEY: Final = "cellpulse:last-backup"


def note_backup(redis: Redis, made_at: datetime) -> None:
    """Note a backup; without Redis, or with a full one, it is made and not noted."""
    with suppress(RedisError):
        redis.set(_KEY, made_at.isoformat())


def last_backup(redis: Redis) -> datetime | None:
    """Return when the last backup was made; None where none is known of.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    noted: Any = redis.get(_KEY)
    if noted is None:
        return None
    return datetime.fromisoformat(noted.decode() if isinstance(noted, bytes) else noted)
