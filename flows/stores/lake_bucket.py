"""The bucket that the lake's files are in: whether it can be worked with, and what its errors mean.

DuckDB's words for them are long, and say nothing of our settings.
"""

import re
from contextlib import closing
from typing import Final
from uuid import uuid4

import duckdb

from flows.stores.lake_engine import is_bucket, open_engine
from flows.stores.sql_text import literal
from flows.stores.store import StoreUnavailableError

#: How each of these errors begins.
THE_BUCKET: Final = "the bucket"
_STATUS: Final = re.compile(r"\(HTTP (?:code )?(\d{3})")
_CODE: Final = re.compile(r"^([A-Z]\w+): ", re.MULTILINE)
_AWAY: Final = re.compile(r"([^:\n]+) error for HTTP [A-Z]+ to ")
_KEY: Final = "CELLPULSE_LAKE_KEY_ID and CELLPULSE_LAKE_SECRET"


class BucketRefusedError(StoreUnavailableError):
    """The bucket's server answers, and refuses: the settings or the key's rights are wrong."""


def bucket_error(error: duckdb.Error) -> StoreUnavailableError | None:
    """Return what a bucket's error means, in one line that says what to do; None for another's."""
    text = str(error)
    if status := _STATUS.search(text):
        code = _CODE.search(text)
        said = code[1] if code else f"HTTP {status[1]}"
        if status[1] == "404" and said != "NoSuchBucket":
            return BucketRefusedError(
                f"{THE_BUCKET} lacks a file of the lake ({said}): correct CELLPULSE_LAKE_PATH, or "
                "make the lake anew with 'cellpulse rebuild'"
            )
        if status[1] == "404":
            return BucketRefusedError(
                f"{THE_BUCKET} is not there ({said}): make it, or correct CELLPULSE_LAKE_PATH"
            )
        if status[1] in ("401", "403"):
            return BucketRefusedError(
                f"{THE_BUCKET} refuses the key ({said}): correct {_KEY}, or what the key may do"
            )
        return StoreUnavailableError(
            f"{THE_BUCKET} answers with {said}: see that its server is well, and that "
            "CELLPULSE_LAKE_REGION is the bucket's"
        )
    if away := _AWAY.search(text):
        return StoreUnavailableError(
            f"{THE_BUCKET} does not answer ({away[1].strip()}): start its server, or correct "
            "CELLPULSE_LAKE_ENDPOINT"
        )
    return None


def try_bucket(lake_path: str, *, only_read: bool = False) -> None:
    """List what is in the bucket, and write, read and delete there, by a small lake of its own.

    Where the lake's files are in a folder there is nothing to try.

    Raises:
        BadSettingError: The bucket's settings are not there.
        BucketRefusedError: One of it is refused.
        StoreUnavailableError: The bucket does not answer.
    """
    if not is_bucket(lake_path):
        return
    place = f"{lake_path.rstrip('/')}/tried-{uuid4().hex}"
    with closing(open_engine(lake_path)) as engine:
        try:
            if not only_read:
                _write_and_delete(engine, place)
            left = engine.execute("SELECT file FROM glob(?)", [f"{place}/**"]).fetchall()
        except duckdb.Error as error:
            raise bucket_error(error) or StoreUnavailableError(f"{THE_BUCKET}: {error}") from error
    if left:
        raise BucketRefusedError(f"{THE_BUCKET} deletes nothing: let the key delete objects there")


def _write_and_delete(engine: duckdb.DuckDBPyConnection, place: str) -> None:
    engine.execute(
        f"ATTACH 'ducklake::memory:' AS tried (DATA_PATH {literal(place)}, "
        "DATA_INLINING_ROW_LIMIT 0)"
    )
    engine.execute("CREATE TABLE tried.one AS SELECT 1 AS number")
    engine.execute("SELECT number FROM tried.one").fetchall()
    engine.execute("DROP TABLE tried.one")
    engine.execute("CALL ducklake_expire_snapshots('tried', older_than => now())")
    engine.execute("CALL ducklake_cleanup_old_files('tried', cleanup_all => true)")
