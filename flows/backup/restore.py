"""`cellpulse restore`: a platform that is empty becomes what it was at a backup's moment."""

from contextlib import closing
from pathlib import Path
from typing import Final

from flows.backup.full_log import require_empty_bucket, restore_events
from flows.backup.lake_files import restore_lake_files
from flows.backup.manifest import BackupError, Manifest, disk_errors, read_manifest
from flows.backup.redis_keys import require_empty_log, restore_log
from flows.backup.tables import require_empty_database, restore_tables
from flows.liveness import is_alive
from flows.log.logged_event import START
from flows.redis_client import connect_redis
from flows.settings import FlowsSettings
from flows.stores.lake import LakeWriter
from flows.stores.versions import require_known_tables
from flows.version_of_data import DATA_VERSION

_PROCESSES: Final = ("relay", "worker")


def check_backup(folder: Path) -> Manifest:
    """Return the manifest of a backup that is whole and that this version can read.

    Raises:
        BackupError: It is not whole, or of a newer version.
        UnknownDataVersionError: Its tables are of a newer version.
    """
    with disk_errors(folder):
        manifest = read_manifest(folder)
    if manifest.data_version > DATA_VERSION:
        raise BackupError(
            f"{folder} is of a data folder with layout version {manifest.data_version}; this "
            f"Cellpulse knows {DATA_VERSION}: upgrade it"
        )
    require_known_tables(manifest.revision)
    return manifest


def restore_backup(settings: FlowsSettings, folder: Path, manifest: Manifest) -> None:
    """Fill the stores, which must be empty and which nobody else may use meanwhile.

    Each store is given its own place in the log, and the log what follows; the actors then bring
    each store to the log's end.

    Raises:
        BackupError: A store is not empty, or a process of the platform runs; nothing was changed.
        StoreUnavailableError: A store does not answer. What was restored before must be emptied.
        redis.RedisError: The same, of Redis.
    """
    if manifest.influxdb_events is not None and not settings.influx.url:
        raise BackupError(
            "the backup holds InfluxDB's full event log: name an InfluxDB with INFLUXDB_URL"
        )
    with connect_redis(settings.redis_url) as redis, disk_errors(folder):
        for process in _PROCESSES:
            if is_alive(redis, process):
                raise BackupError(f"the platform's {process} runs: stop the platform, then restore")
        require_empty_log(redis)
        require_empty_database(settings.postgres_url)
        _require_empty_lake(settings)
        if manifest.influxdb_events is not None:
            require_empty_bucket(settings.influx)
        restore_lake_files(folder, list(manifest.files), settings.lake_path)
        restore_tables(
            settings.postgres_url, folder, manifest.tables, manifest.revision, settings.lake_path
        )
        if manifest.influxdb_events is not None:
            restore_events(settings.influx, folder)
        restore_log(redis, folder, manifest)


def _require_empty_lake(settings: FlowsSettings) -> None:
    with closing(LakeWriter(settings.postgres_url, settings.lake_path)) as lake:
        if lake.position() != START:
            raise BackupError(
                "the lake is not empty: restore into a new data folder, or name an empty database "
                "with CELLPULSE_POSTGRES_URL"
            )
