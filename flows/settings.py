"""Settings of the relay, the workers and the operator's commands."""

import getpass
import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, SecretStr

from ingest_api.events import Identifier
from ingest_api.settings import (
    Address,
    HttpAddress,
    LogSettings,
    Port,
    PseudonymSettings,
    Secret,
    Settings,
    data_dir,
)

STORES: Final = ("influxdb", "postgres", "lake")
#: The learning record store: it gets what is made of the events, and no number is read from it.
LRS: Final = "lrs"
#: In the data folder, where no other place is set: the names of pseudonymous courses.
NAMES_FILE: Final = "names.db"
_ENDPOINT: Final = re.compile(r"https?://[^/?#@\s]+(/[^?#@\s]*)?")
#: An erasure deletes whatever lies below the lake's place and is not the lake's: hence a prefix.
_BUCKET_PATH: Final = re.compile(
    r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w=-][\w.=-]*)+/?", re.ASCII
)
_HOME_URL: Final = re.compile(r"https?://[\w.:\[\]-]+(/([\w.~/-]|%[0-9a-fA-F]{2})*)?", re.ASCII)


class InfluxSettings(Settings):
    """Where the full event log is kept. Without `INFLUXDB_URL` there is none."""

    url: Annotated[Address | None, Field(alias="INFLUXDB_URL", pattern="^https?://[^/]")] = None
    token: Annotated[SecretStr, Field(alias="INFLUXDB_TOKEN")] = SecretStr("")
    org: Annotated[str, Field(alias="INFLUXDB_ORG")] = "cellpulse"
    bucket: Annotated[str, Field(alias="INFLUXDB_BUCKET", min_length=1)] = "cellpulse"

    @property
    def stores(self) -> tuple[str, ...]:
        """The names of all stores that are in use, with or without the full event log."""
        return STORES if self.url else tuple(name for name in STORES if name != "influxdb")


def _check_endpoint(value: str | None) -> str | None:
    if value is not None and not _ENDPOINT.fullmatch(value):
        raise ValueError(
            "must be the http(s) address below which the store has 'statements', without user "
            "(there is CELLPULSE_LRS_USER), query and fragment"
        )
    return value


class LrsSettings(Settings):
    """Where xAPI statements are pushed to. Without `CELLPULSE_LRS_URL` none are."""

    url: Annotated[
        Address | None, Field(alias="CELLPULSE_LRS_URL"), AfterValidator(_check_endpoint)
    ] = None
    user: Annotated[str, Field(alias="CELLPULSE_LRS_USER")] = ""
    password: Annotated[SecretStr, Field(alias="CELLPULSE_LRS_PASSWORD")] = SecretStr("")

    @property
    def stores(self) -> tuple[str, ...]:
        """The store's name, where there is one."""
        return (LRS,) if self.url else ()


def _check_home_url(value: str) -> str:
    if not _HOME_URL.fullmatch(value):
        raise ValueError(
            "must be http(s)://host/path in plain letters, without user, query and fragment"
        )
    return value


class XapiSettings(Settings):
    """How xAPI statements name this installation and its students."""

    home_url: Annotated[
        Address, Field(alias="CELLPULSE_HOME_URL"), AfterValidator(_check_home_url)
    ] = "https://cellpulse.invalid"
    agent_key: Annotated[Secret | None, Field(alias="CELLPULSE_AGENT_KEY")] = None


def _own_names_file() -> str:
    return f"sqlite:///{data_dir() / NAMES_FILE}"


class NamesSettings(Settings):
    """Where the names of pseudonymous courses are kept: apart from every other store."""

    names_url: Annotated[
        Address,
        Field(
            alias="CELLPULSE_NAMES_URL",
            pattern="^(sqlite:///|postgres(ql)?://)",
            default_factory=_own_names_file,
            repr=False,
        ),
    ]


class WhoIsWhoSettings(NamesSettings, PseudonymSettings):
    """What tells who is who in pseudonymous courses: the key, and the names."""


class BucketSettings(Settings):
    """How the lake's bucket is reached, where `CELLPULSE_LAKE_PATH` names one.

    Without an endpoint it is one of AWS. A process that only reads may have a key that only reads.
    """

    endpoint: Annotated[
        Address | None,
        Field(alias="CELLPULSE_LAKE_ENDPOINT", pattern="^https?://[^/?#@\\s]+/?$"),
    ] = None
    region: Annotated[str, Field(alias="CELLPULSE_LAKE_REGION", pattern=r"^[\w-]+$")] = "us-east-1"
    key_id: Annotated[SecretStr, Field(alias="CELLPULSE_LAKE_KEY_ID", min_length=1)]
    secret: Annotated[SecretStr, Field(alias="CELLPULSE_LAKE_SECRET", min_length=1)]


def _check_lake_path(value: str) -> str:
    if "://" in value:
        if not _BUCKET_PATH.fullmatch(value):
            raise ValueError(
                "must be a folder, or s3://bucket/prefix with a prefix that is the lake's alone"
            )
        BucketSettings.load()  # without the bucket's key nothing could be read
    return value


#: A folder, or `s3://bucket/prefix`; then `BucketSettings` are there too.
LakePath = Annotated[str, AfterValidator(_check_lake_path)]


class LakeSettings(Settings):
    """Where the lake is: its catalog in PostgreSQL and its Parquet files."""

    postgres_url: Annotated[
        Address, Field(alias="CELLPULSE_POSTGRES_URL", pattern="^postgres(ql)?://", repr=False)
    ]
    lake_path: Annotated[
        LakePath,
        Field(alias="CELLPULSE_LAKE_PATH", default_factory=lambda: str(data_dir() / "lake")),
    ]


class RelaySettings(LogSettings):
    """The log, which stores are to be woken, how much of the log they leave, and the figures."""

    host: Annotated[str, Field(alias="CELLPULSE_HOST", min_length=1)] = "127.0.0.1"
    relay_metrics_port: Annotated[Port | None, Field(alias="CELLPULSE_RELAY_METRICS_PORT")] = None

    log_keep: Annotated[int, Field(alias="CELLPULSE_LOG_KEEP", ge=0)] = 100_000
    influx: Annotated[InfluxSettings, Field(default_factory=InfluxSettings.load)]
    lrs: Annotated[LrsSettings, Field(default_factory=LrsSettings.load)]

    @property
    def stores(self) -> tuple[str, ...]:
        """The names of the stores that are in use: they are woken, and the log waits for them."""
        return self.influx.stores + self.lrs.stores


class FlowsSettings(RelaySettings, LakeSettings, NamesSettings):
    """The log that is read, the stores that are written, and the names that an erasure takes."""

    worker_metrics_port: Annotated[Port | None, Field(alias="CELLPULSE_WORKER_METRICS_PORT")] = None
    snapshot_days: Annotated[int, Field(alias="CELLPULSE_SNAPSHOT_DAYS", ge=1)] = 30


class PlatformSettings(Settings):
    """Where each part listens, for `cellpulse up` and `cellpulse status`.

    A store without an address is started by `up` itself.
    """

    host: Annotated[str, Field(alias="CELLPULSE_HOST", min_length=1)] = "127.0.0.1"
    ingest_port: Annotated[Port, Field(alias="CELLPULSE_INGEST_PORT")] = 8000
    api_port: Annotated[Port, Field(alias="CELLPULSE_API_PORT")] = 8001
    dashboard_port: Annotated[Port, Field(alias="CELLPULSE_DASHBOARD_PORT")] = 8501
    jupyter_port: Annotated[Port, Field(alias="CELLPULSE_JUPYTER_PORT")] = 8888
    redis_port: Annotated[Port | None, Field(alias="CELLPULSE_REDIS_PORT")] = None
    postgres_port: Annotated[Port | None, Field(alias="CELLPULSE_POSTGRES_PORT")] = None
    redis_url: Annotated[
        Address | None, Field(alias="CELLPULSE_REDIS_URL", pattern="^(rediss?|unix)://")
    ] = None
    postgres_url: Annotated[
        Address | None, Field(alias="CELLPULSE_POSTGRES_URL", pattern="^postgres(ql)?://")
    ] = None
    lake_path: Annotated[LakePath | None, Field(alias="CELLPULSE_LAKE_PATH")] = None
    secret: Annotated[Secret | None, Field(alias="CELLPULSE_SECRET")] = None
    secret_previous: Annotated[Secret | None, Field(alias="CELLPULSE_SECRET_PREVIOUS")] = None
    pseudonym_key: Annotated[Secret | None, Field(alias="CELLPULSE_PSEUDONYM_KEY")] = None
    course: Annotated[Identifier, Field(alias="CELLPULSE_COURSE")] = "demo"
    student: Annotated[
        Identifier, Field(alias="CELLPULSE_STUDENT", default_factory=getpass.getuser)
    ]
    influx: Annotated[InfluxSettings, Field(default_factory=InfluxSettings.load)]
    lrs: Annotated[LrsSettings, Field(default_factory=LrsSettings.load)]
    xapi: Annotated[XapiSettings, Field(default_factory=XapiSettings.load)]

    @property
    def stores(self) -> tuple[str, ...]:
        """The names of the stores that are in use."""
        return self.influx.stores + self.lrs.stores

    @property
    def reachable_host(self) -> str:
        """The host by which a program on this machine reaches what listens on `host`."""
        return "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host

    def address(self, port: int) -> str:
        """Return the address of what listens on `port`."""
        host = self.reachable_host
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class DoctorSettings(Settings):
    """Where `cellpulse doctor` finds the processes: on this machine, or at these addresses."""

    platform: Annotated[PlatformSettings, Field(default_factory=PlatformSettings.load)]
    ingest_url: Annotated[HttpAddress | None, Field(alias="CELLPULSE_INGEST_URL")] = None
    api_url: Annotated[HttpAddress | None, Field(alias="CELLPULSE_API_URL")] = None
    dashboard_url: Annotated[HttpAddress | None, Field(alias="CELLPULSE_DASHBOARD_URL")] = None
    public_dashboard_url: Annotated[
        HttpAddress | None, Field(alias="CELLPULSE_PUBLIC_DASHBOARD_URL")
    ] = None

    @property
    def of_ingest(self) -> str:
        """The ingest's address."""
        return self.ingest_url or self.platform.address(self.platform.ingest_port)

    @property
    def of_api(self) -> str:
        """The aggregation API's address."""
        return self.api_url or self.platform.address(self.platform.api_port)

    @property
    def of_dashboard(self) -> str:
        """The dashboard's address, as other processes reach it."""
        return self.dashboard_url or self.platform.address(self.platform.dashboard_port)
