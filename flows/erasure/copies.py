"""The copies that this installation knows of: exports that the API keeps, and backups."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field
from redis import Redis

from flows.backup.last import known_backups
from flows.backup.manifest import MANIFEST
from flows.erasure.erased import Erased, write_file
from ingest_api.settings import Settings, data_dir

#: What the API writes into the folder of each export, see `analytics.export.folder`.
_ORDER: Final = "order.json"


class CopySettings(Settings):
    """Where the API keeps exports."""

    exports_path: Annotated[
        str,
        Field(alias="CELLPULSE_EXPORTS_PATH", default_factory=lambda: str(data_dir() / "exports")),
    ]


def delete_exports(course_id: str) -> int:
    """Delete the API's exports of a course; return how many there were."""
    went = 0
    folder = Path(CopySettings.load().exports_path)
    for place in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            order = json.loads((place / _ORDER).read_text())
        except (OSError, ValueError):
            continue
        if isinstance(order, dict) and order.get("course_id") == course_id:
            shutil.rmtree(place, ignore_errors=True)
            went += 1
    return went


def tell_backups(redis: Redis, listed: Sequence[Erased]) -> tuple[list[str], list[str]]:
    """Put the list of who was erased beside each backup, so that its restore heeds it.

    Returns:
        The backups that have it now, and those that are not to be found.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    told, not_there = [], []
    for name in known_backups(redis):
        folder = Path(name)
        try:
            if not (folder / MANIFEST).is_file():
                raise FileNotFoundError(folder)
            write_file(folder, listed)
        except OSError:
            not_there.append(name)
        else:
            told.append(name)
    return told, not_there
