"""Notes on Redis which backups were made, for whoever asks how the platform is."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from redis import Redis, RedisError

_KEY: Final = "cellpulse:last-backup"
#: The folder of each backup, with when it was made.
_FOLDERS: Final = "cellpulse:backups"


def note_backup(redis: Redis, made_at: datetime, folder: Path) -> None:
    """Note a backup; without Redis, or with a full one, it is made and not noted."""
    with suppress(RedisError):
        redis.set(_KEY, made_at.isoformat())
        redis.hset(_FOLDERS, str(folder.absolute()), made_at.isoformat())


def known_backups(redis: Redis) -> list[str]:
    """Return the folders of the backups that were noted, sorted.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    noted: Any = redis.hkeys(_FOLDERS)
    return sorted(each.decode() if isinstance(each, bytes) else each for each in noted)


def last_backup(redis: Redis) -> datetime | None:
    """Return when the last backup was made; None where none is known of.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    noted: Any = redis.get(_KEY)
    if noted is None:
        return None
    return datetime.fromisoformat(noted.decode() if isinstance(noted, bytes) else noted)
