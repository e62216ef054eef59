"""`cellpulse backup`: everything as of one moment, while the platform runs.

The order makes it consistent:

1. The log is kept from being trimmed, so that it will hold all that follows each store's copy.
2. What tells repeats is copied. Events that the log gets later are repeats, too, and known as
   such from the log itself: see `repeats_known_to`.
3. Each store is copied with its own place in the log: InfluxDB up to what its consumer group has
   committed, PostgreSQL and the lake's catalog in one snapshot.
4. The log is copied last. Its end, read in one step with the counts, is the backup's moment:
   what a store's copy lacks up to there is in the log, and its actor brings it after a restore.
"""

from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from redis import Redis

from flows.backup.full_log import copy_events
from flows.backup.lake_files import copy_lake_files
from flows.backup.last import note_backup
from flows.backup.manifest import (
    BackupError,
    Manifest,
    disk_errors,
    sums_below,
    write_manifest,
)
from flows.backup.redis_keys import copy_keys, copy_log, copy_rejected, last_entry
from flows.backup.tables import copy_tables, positions_of, revision_of, snapshot
from flows.log.logged_event import START
from flows.log.reader import LogReader
from flows.log.trimmer import LogTrimmer
from flows.redis_client import connect_redis
from flows.settings import FlowsSettings
from flows.stores.influxdb import InfluxWriter
from flows.stores.lake import LakeWriter
from flows.stores.lake_locks import files_kept
from flows.version_of_data import DATA_VERSION

SECRET: Final = "secret"  # noqa: S105 - the file's name


def make_backup(settings: FlowsSettings, folder: Path, secret: str | None) -> Manifest:
    """Copy everything into a new folder; the manifest comes last, so that a part shows as one.

    Args:
        settings: Where everything is.
        folder: Where the backup goes; it must be new or empty.
        secret: The installation's secret, where it is to be kept with the rest.

    Raises:
        BackupError: There is no backup; the message says why.
        LogPinnedError: Another backup is being made.
        StoreUnavailableError: A store does not answer.
        redis.RedisError: Redis does not answer.
    """
    with disk_errors(folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise BackupError(f"{folder} is not empty: name a new folder for the backup")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        if secret is not None:
            (folder / SECRET).touch(mode=0o600)
            (folder / SECRET).write_text(secret)
        with connect_redis(settings.redis_url) as redis:
            manifest = _copy(settings, redis, folder)
            write_manifest(folder, manifest)
            note_backup(redis, manifest.made_at, folder)
    return manifest


def _copy(settings: FlowsSettings, redis: Redis, folder: Path) -> Manifest:
    log = LogReader(redis)
    with LogTrimmer(redis).untrimmed() as holds:
        set_aside = copy_rejected(redis, folder)
        repeats_known_to = last_entry(redis)
        copy_keys(redis, folder)
        positions, influxdb_events = {}, None
        if settings.influx.url:
            position = log.committed().get(InfluxWriter.name, START)
            positions[InfluxWriter.name] = position
            influxdb_events = copy_events(settings.influx, position, folder)
        for name in settings.lrs.stores:
            # What it has beyond this when the log is copied it will get again, under the same ids.
            positions[name] = log.committed().get(name, START)
        with closing(LakeWriter(settings.postgres_url, settings.lake_path)) as lake:
            # Its rows may be further by the time they are copied, and then tell so themselves.
            positions[LakeWriter.name] = lake.position()
        with (
            files_kept(settings.postgres_url),
            snapshot(settings.postgres_url) as connection,
        ):
            revision = revision_of(connection)
            positions |= positions_of(connection)
            tables = copy_tables(connection, folder)
            lake_files = copy_lake_files(connection, settings.lake_path, folder)
        log_events, rejected, counts = copy_log(redis, folder, set_aside)
        newest = last_entry(redis)
        if not holds():
            raise BackupError("the log was trimmed while it was copied: make the backup again")
    return Manifest(
        made_at=datetime.now(UTC),
        made_by=version("cellpulse"),
        data_version=DATA_VERSION,
        revision=revision,
        tables=tables,
        positions=positions,
        repeats_known_to=repeats_known_to,
        last_entry=newest,
        counts=counts,
        log_events=log_events,
        rejected=rejected,
        lake_files=lake_files,
        influxdb_events=influxdb_events,
        files=sums_below(folder),
    )
