"""Whether the settings can be read, and say where the stores are."""

from collections.abc import Iterator
from typing import Final

from flows.doctor.finding import Finding, bad, ok
from flows.settings import (
    DoctorSettings,
    InfluxSettings,
    LrsSettings,
    PlatformSettings,
    WhoIsWhoSettings,
    XapiSettings,
)
from ingest_api.logs import LoggingSettings
from ingest_api.settings import RUN_FILE, BadSettingError, ClientLimits, Settings, data_dir

_GROUPS: Final[tuple[type[Settings], ...]] = (
    InfluxSettings,
    LrsSettings,
    XapiSettings,
    WhoIsWhoSettings,
    ClientLimits,
    LoggingSettings,
    PlatformSettings,
    DoctorSettings,
)


def look_at_settings() -> Iterator[Finding]:
    """Yield each setting that is wrong, and each that lacks."""
    wrong = sorted({fault for group in _GROUPS if (fault := _fault(group))})
    yield from (
        bad("settings", fault, "correct it, the README lists what is right") for fault in wrong
    )
    if wrong:
        return
    settings = PlatformSettings.load()
    stores = {
        "CELLPULSE_REDIS_URL": settings.redis_url,
        "CELLPULSE_POSTGRES_URL": settings.postgres_url,
    }
    missing = [name for name, value in stores.items() if not value]
    if missing:
        yield bad(
            "settings",
            f"no 'cellpulse up' runs on the data folder {data_dir()}, and "
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set",
            "start 'cellpulse up', or set them as its processes have them",
        )
        return
    found = (data_dir() / RUN_FILE).is_file()
    yield ok("settings", "of the running 'cellpulse up'" if found else "of the environment")


def _fault(group: type[Settings]) -> str:
    try:
        group.load()
    except BadSettingError as error:
        return str(error)
    return ""
