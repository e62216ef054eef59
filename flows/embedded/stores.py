"""The stores of the embedded platform: those that are named, and those that are run here."""

from dataclasses import dataclass, field
from pathlib import Path

from flows.embedded.influxdb_server import EmbeddedInfluxDB, influxdb_answers, influxdb_parts
from flows.embedded.part import Part, PartUnavailableError, free_port
from flows.embedded.postgres_server import postgres_address, postgres_answers, postgres_part
from flows.embedded.redis_server import redis_answers, redis_part
from flows.settings import InfluxSettings, PlatformSettings


@dataclass
class Stores:
    """The stores that are used: those that were named, and those that are run here."""

    redis_url: str
    postgres_url: str
    influx: InfluxSettings
    full_log: str
    parts: list[Part] = field(default_factory=list)
    embedded_influx: EmbeddedInfluxDB | None = None


def prepare_stores(settings: PlatformSettings, folder: Path) -> Stores:
    """Prepare the stores: named ones must answer, the others are made ready to be started.

    Raises:
        PartUnavailableError: One that is needed does not answer or can't run here.
    """
    # Whatever CELLPULSE_HOST says: stores are for this machine's own processes.
    host = "127.0.0.1"
    parts = []
    if settings.redis_url:
        redis_url = settings.redis_url
        _require(redis_answers(redis_url), "Redis", "CELLPULSE_REDIS_URL")
    else:
        port = settings.redis_port or free_port(host)
        redis_url = f"redis://{host}:{port}/0"
        parts.append(redis_part(folder / "redis", host, port))
    if settings.postgres_url:
        postgres_url = settings.postgres_url
        _require(postgres_answers(postgres_url), "PostgreSQL", "CELLPULSE_POSTGRES_URL")
    else:
        port = settings.postgres_port or free_port(host)
        parts.append(postgres_part(folder / "postgres", host, port))
        postgres_url = postgres_address(folder / "postgres", host, port)
    stores = Stores(redis_url, postgres_url, settings.influx, str(settings.influx.url), parts)
    if settings.influx.url:
        _require(influxdb_answers(settings.influx.url), "InfluxDB", "INFLUXDB_URL")
        return stores
    try:
        embedded = influxdb_parts(folder / "influxdb", host)
    except PartUnavailableError as off:
        stores.full_log = str(off)
        return stores
    stores.embedded_influx = embedded
    stores.full_log = embedded.url
    stores.parts += embedded.parts
    stores.influx = InfluxSettings(
        INFLUXDB_URL=embedded.url,
        INFLUXDB_TOKEN=embedded.token,
        INFLUXDB_ORG=embedded.org,
        INFLUXDB_BUCKET=embedded.bucket,
    )
    return stores


def _require(answers: bool, name: str, setting: str) -> None:
    if not answers:
        raise PartUnavailableError(
            f"{name}: what {setting} names does not answer; start it, correct the setting, or "
            "leave it unset"
        )
