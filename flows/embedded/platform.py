"""What `cellpulse up` runs: every part of the platform on this machine, and how they are wired."""

import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from flows.embedded.answers import http_answers, lives
from flows.embedded.jupyterlab import jupyterlab
from flows.embedded.part import Part
from flows.embedded.stores import Stores
from flows.settings import BucketSettings, InfluxSettings, LrsSettings, PlatformSettings
from flows.xapi.identity import derived_key
from ingest_api.settings import ClientLimits
from ingest_api.tokens import ALL_COURSES, Grant, issue_token

#: What the API needs to know of the institution's identity provider.
_PROVIDER: Final = (
    "CELLPULSE_OIDC_ISSUER",
    "CELLPULSE_OIDC_CLIENT_ID",
    "CELLPULSE_OIDC_CLIENT_SECRET",
    "CELLPULSE_OIDC_SCOPES",
    "CELLPULSE_OIDC_ACCOUNT_CLAIM",
    "CELLPULSE_OIDC_ROLES_CLAIM",
    "CELLPULSE_HUB_URL",
    "CELLPULSE_HUB_TOKEN",
    "CELLPULSE_PUBLIC_DASHBOARD_URL",
)
#: What opens the lake's bucket, where its files are in one.
_BUCKET: Final = tuple(str(field.alias) for field in BucketSettings.model_fields.values())


@dataclass(frozen=True)
class Platform:
    """The processes of ours, wired to the stores.

    Attributes:
        pseudonym_key: Of pseudonymous courses.
        jupyter_token: What JupyterLab wants in its link.
    """

    settings: PlatformSettings
    stores: Stores
    secret: str
    folder: Path
    pseudonym_key: str
    jupyter_token: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def lake_path(self) -> str:
        """Where the lake's files are."""
        return self.settings.lake_path or str(self.folder / "lake")

    def services(self) -> list[Part]:
        """Return the ingest, the relay, the worker and the aggregation API."""
        return [self._ingest(), self._relay(), self._worker(), self._api()]

    def _ingest(self) -> Part:
        clients = (str(field.alias) for field in ClientLimits.model_fields.values())
        environment = {
            "CELLPULSE_REDIS_URL": self.stores.redis_url,
            **self._signing(),
            "CELLPULSE_DASHBOARD_PORT": str(self.settings.dashboard_port),
            **_named_by_operator(
                "CELLPULSE_LOG_LIMIT_BYTES",
                "CELLPULSE_LOSSY_REDIS",
                "CELLPULSE_PUBLIC_DASHBOARD_URL",
                *clients,
            ),
        }
        return self._ours("ingest", "ingest_api.serve", self.settings.ingest_port, environment)

    def _relay(self) -> Part:
        environment = {
            "CELLPULSE_REDIS_URL": self.stores.redis_url,
            "CELLPULSE_HOST": self.settings.host,
            **self._which_stores(),
            **_named_by_operator(
                "CELLPULSE_LOG_LIMIT_BYTES", "CELLPULSE_LOG_KEEP", "CELLPULSE_RELAY_METRICS_PORT"
            ),
        }
        return self._ours("relay", "flows.relay", None, environment)

    def _worker(self) -> Part:
        lrs = _lrs_environment(self.settings.lrs)
        environment = {
            "CELLPULSE_REDIS_URL": self.stores.redis_url,
            "CELLPULSE_HOST": self.settings.host,
            **self._lake(),
            **_influx_environment(self.stores.influx),
            **lrs,
            **(self._naming_students() if lrs else {}),
            **_named_by_operator(
                "CELLPULSE_LOG_LIMIT_BYTES",
                "CELLPULSE_NAMES_URL",
                "CELLPULSE_SNAPSHOT_DAYS",
                "CELLPULSE_WORKER_METRICS_PORT",
            ),
        }
        return self._ours("worker", "flows.worker", None, environment)

    def _api(self) -> Part:
        settings = self.settings
        clients = (str(field.alias) for field in ClientLimits.model_fields.values())
        environment = {
            "CELLPULSE_REDIS_URL": self.stores.redis_url,
            "CELLPULSE_INGEST_URL": settings.address(settings.ingest_port),
            "CELLPULSE_DASHBOARD_URL": settings.address(settings.dashboard_port),
            **self._lake(),
            **self._signing(),
            # An export of xAPI statements names students as the worker does.
            **self._naming_students(),
            **_named_by_operator(
                "CELLPULSE_NAMES_URL", "CELLPULSE_EXPORTS_PATH", *clients, *_PROVIDER
            ),
        }
        return self._ours("api", "analytics.serve", settings.api_port, environment)

    def pages(self) -> list[Part]:
        """Return the dashboard, and JupyterLab with the sample course."""
        settings = self.settings
        ports = {
            "CELLPULSE_API_URL": settings.address(settings.api_port),
            "CELLPULSE_INGEST_PORT": str(settings.ingest_port),
            **_named_by_operator(
                "CELLPULSE_API_URL",
                "CELLPULSE_PUBLIC_INGEST_URL",
                "CELLPULSE_JUPYTER_URL",
                "CELLPULSE_OIDC_ISSUER",
                "CELLPULSE_HUB_URL",
            ),
        }
        dashboard = self._ours(
            "dashboard", "streamlit_app.serve", settings.dashboard_port, ports, "/_stcore/health"
        )
        hook = _named_by_operator("CELLPULSE_SEND_CODE", "CELLPULSE_SEND_OUTPUT")
        lab = jupyterlab(settings, self.folder, self.secret, self.jupyter_token, hook)
        return [dashboard, lab]

    def addresses(self) -> list[tuple[str, str]]:
        """Return what to open and what to know: each part's name and address."""
        settings = self.settings
        everything = Grant("read", ALL_COURSES)
        token = issue_token(self.secret, everything)
        return [
            ("dashboard", f"{settings.address(settings.dashboard_port)}/?token={token}"),
            (
                "notebooks",
                f"{settings.address(settings.jupyter_port)}/lab?token={self.jupyter_token}",
            ),
            ("ingest", f"{settings.address(settings.ingest_port)}/student-progress"),
            ("aggregation API", f"{settings.address(settings.api_port)}/docs"),
            ("Redis", _without_password(self.stores.redis_url)),
            ("PostgreSQL", _without_password(self.stores.postgres_url)),
            ("full event log", self.stores.full_log),
            ("lake", self.lake_path),
            *([("LRS", settings.lrs.url)] if settings.lrs.url else []),
        ]

    def environment(self) -> dict[str, str]:
        """Return what commands and notebooks on this machine need to find the platform."""
        settings = self.settings
        return {
            "CELLPULSE_HOST": settings.host,
            "CELLPULSE_INGEST_PORT": str(settings.ingest_port),
            "CELLPULSE_API_PORT": str(settings.api_port),
            "CELLPULSE_DASHBOARD_PORT": str(settings.dashboard_port),
            "CELLPULSE_JUPYTER_PORT": str(settings.jupyter_port),
            "CELLPULSE_REDIS_URL": self.stores.redis_url,
            "CELLPULSE_POSTGRES_URL": self.stores.postgres_url,
            "CELLPULSE_LAKE_PATH": self.lake_path,
            **_named_by_operator(*_BUCKET),
            **_influx_environment(self.stores.influx),
            **_lrs_environment(settings.lrs),
            **self._naming(),
            **_named_by_operator("CELLPULSE_NAMES_URL"),
        }

    def _naming(self) -> dict[str, str]:
        """Return what commands need to name things as the worker does in its statements."""
        key = self.settings.xapi.agent_key
        given = {"CELLPULSE_AGENT_KEY": key.get_secret_value()} if key is not None else {}
        return {"CELLPULSE_HOME_URL": self.settings.xapi.home_url} | given

    def _naming_students(self) -> dict[str, str]:
        """Return what the worker and the API need to name students in statements."""
        key = self.settings.xapi.agent_key
        agent_key = derived_key(self.secret) if key is None else key.get_secret_value()
        return self._naming() | {"CELLPULSE_AGENT_KEY": agent_key}

    def _signing(self) -> dict[str, str]:
        """Return the secrets of whoever takes tokens, and the key of pseudonymous courses."""
        previous = self.settings.secret_previous
        given = {"CELLPULSE_SECRET_PREVIOUS": previous.get_secret_value()} if previous else {}
        return {
            "CELLPULSE_SECRET": self.secret,
            "CELLPULSE_PSEUDONYM_KEY": self.pseudonym_key,
            **given,
        }

    def _lake(self) -> dict[str, str]:
        return {
            "CELLPULSE_POSTGRES_URL": self.stores.postgres_url,
            "CELLPULSE_LAKE_PATH": self.lake_path,
            **_named_by_operator(*_BUCKET),
        }

    def _which_stores(self) -> dict[str, str]:
        """Return what tells the relay which stores there are, without their secrets."""
        influx, lrs = self.stores.influx.url, self.settings.lrs.url
        urls = {"INFLUXDB_URL": influx, "CELLPULSE_LRS_URL": lrs}
        return {name: url for name, url in urls.items() if url}

    def _ours(
        self,
        name: str,
        module: str,
        port: int | None,
        environment: Mapping[str, str],
        health: str = "/healthz",
    ) -> Part:
        listens = ("--host", self.settings.host, "--port", str(port)) if port else ()
        address = self.settings.address(port) if port else ""
        redis_url = self.stores.redis_url
        return Part(
            name,
            (sys.executable, "-m", module, *listens),
            answers=(lambda: http_answers(address + health))
            if port
            else (lambda: lives(redis_url, name)),
            environment={"CELLPULSE_DATA_DIR": str(self.folder), **environment}
            | _named_by_operator("CELLPULSE_LOG_FORMAT", "CELLPULSE_LOG_LEVEL"),
            stop_seconds=4,
        )


def _named_by_operator(*names: str) -> dict[str, str]:
    """Return the settings that are only passed on, where the operator has set them."""
    return {name: os.environ[name] for name in names if os.environ.get(name)}


def _influx_environment(influx: InfluxSettings) -> dict[str, str]:
    if not influx.url:
        return {}
    return {
        "INFLUXDB_URL": influx.url,
        "INFLUXDB_TOKEN": influx.token.get_secret_value(),
        "INFLUXDB_ORG": influx.org,
        "INFLUXDB_BUCKET": influx.bucket,
    }


def _lrs_environment(lrs: LrsSettings) -> dict[str, str]:
    if not lrs.url:
        return {}
    return {
        "CELLPULSE_LRS_URL": lrs.url,
        "CELLPULSE_LRS_USER": lrs.user,
        "CELLPULSE_LRS_PASSWORD": lrs.password.get_secret_value(),
    }


def _without_password(address: str) -> str:
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
