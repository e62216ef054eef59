"""Looks at everything, in the order in which one would mend it."""

from collections.abc import Iterator
from pathlib import Path

from flows.doctor.finding import Finding
from flows.doctor.hook import look_at_hook
from flows.doctor.machine import (
    look_at_clocks,
    look_at_disks,
    look_at_passwords,
    look_at_secrets,
)
from flows.doctor.postgres import look_at_postgres
from flows.doctor.processes import look_at_lag, look_at_processes, look_at_public_address
from flows.doctor.redis import look_at_redis
from flows.doctor.settings import look_at_settings
from flows.doctor.stores import look_at_influxdb, look_at_lake, look_at_lrs
from flows.embedded.kept_secrets import KEY_FILE, SECRET_FILE
from flows.platform_status import PlatformStatus
from flows.settings import NAMES_FILE, DoctorSettings, PlatformSettings
from flows.status import read_status
from flows.stores.lake_engine import is_bucket
from flows.version_of_data import UnknownDataVersionError
from ingest_api.settings import RUN_FILE, data_dir


def examine() -> Iterator[Finding]:
    """Yield every finding; whatever is down, nothing is raised and no look waits long."""
    of_settings = list(look_at_settings())
    yield from of_settings
    if any(finding.level == "bad" and "not set" not in finding.words for finding in of_settings):
        return
    settings = DoctorSettings.load()
    platform, folder = settings.platform, data_dir()
    status = _status(platform)
    lake_path = platform.lake_path or str(folder / "lake")
    yield from look_at_redis(platform.redis_url)
    yield from look_at_postgres(platform.postgres_url)
    yield from look_at_lake(platform.postgres_url, lake_path)
    yield from look_at_influxdb(platform.influx)
    yield from look_at_lrs(platform.lrs)
    yield from look_at_processes(settings, status, with_notebooks=(folder / RUN_FILE).is_file())
    yield from look_at_public_address(settings.public_dashboard_url, settings.dashboard_url)
    yield from look_at_lag(status)
    local = [Path(lake_path)] if not is_bucket(lake_path) else []
    yield from look_at_disks([folder, *local])
    yield from look_at_clocks(platform.redis_url, platform.postgres_url)
    given = (platform.secret, platform.secret_previous)
    yield from look_at_secrets(
        [secret.get_secret_value() for secret in given if secret is not None],
        [
            folder,
            *(folder / name for name in (SECRET_FILE, KEY_FILE, NAMES_FILE, RUN_FILE)),
            Path.cwd() / ".env",
        ],
    )
    yield from look_at_passwords(
        {
            "CELLPULSE_REDIS_URL": platform.redis_url,
            "CELLPULSE_POSTGRES_URL": platform.postgres_url,
        }
    )
    yield from look_at_hook()


def _status(platform: PlatformSettings) -> PlatformStatus:
    """Return how the parts are; nothing of them where the tables are of a newer version."""
    try:
        return read_status(platform)
    except UnknownDataVersionError:  # told by the look at PostgreSQL
        return PlatformStatus()
