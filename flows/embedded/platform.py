"""What `cellpulse up` runs: every part of the platform on this machine, and how they are wired."""

import json
import os
import secrets
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
from redis import Redis, RedisError

from flows.embedded.part import Part
from flows.embedded.stores import Stores
from flows.liveness import is_alive
from flows.settings import BucketSettings, InfluxSettings, LrsSettings, PlatformSettings
from flows.xapi.identity import derived_key
from ingest_api.settings import ClientLimits
from ingest_api.tokens import ALL_COURSES, Grant, issue_token

SECRET_FILE: Final = "cellpulse_secret"  # noqa: S105 - the file's name
KEY_FILE: Final = "cellpulse_pseudonym_key"
_NOTEBOOKS: Final = Path(__file__).resolve().parents[2] / "notebooks"
SAMPLE_COURSE: Final = _NOTEBOOKS / "course"
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
#: No prompt about news and updates may stand between a student and the first cell.
_JUPYTERLAB_SETTINGS: Final = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    }
}


def keep_secret(settings: PlatformSettings, folder: Path) -> str:
    """Return the installation's secret, making it at the first start."""
    if settings.secret is not None:
        return settings.secret.get_secret_value()
    return _kept(folder / SECRET_FILE)


def keep_pseudonym_key(settings: PlatformSettings, folder: Path) -> str:
    """Return the key of pseudonymous courses, making it at the first start."""
    if settings.pseudonym_key is not None:
        return settings.pseudonym_key.get_secret_value()
    return _kept(folder / KEY_FILE)


def keep_given_secret(folder: Path, secret: str) -> None:
    """Make `secret` the installation's own."""
    _keep(folder / SECRET_FILE, secret)


def _kept(file: Path) -> str:
    if not file.is_file() or not file.read_text().strip():
        _keep(file, secrets.token_urlsafe(32))
    return file.read_text().strip()


def _keep(file: Path, secret: str) -> None:
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(secret)


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
        settings, stores = self.settings, self.stores
        log = {"CELLPULSE_REDIS_URL": stores.redis_url}
        lake = {
            "CELLPULSE_POSTGRES_URL": stores.postgres_url,
            "CELLPULSE_LAKE_PATH": self.lake_path,
            **_named_by_operator(*_BUCKET),
        }
        secret = {"CELLPULSE_SECRET": self.secret}
        if settings.secret_previous is not None:
            secret["CELLPULSE_SECRET_PREVIOUS"] = settings.secret_previous.get_secret_value()
        key = {"CELLPULSE_PSEUDONYM_KEY": self.pseudonym_key}
        names = _named_by_operator("CELLPULSE_NAMES_URL")
        influx = _influx_environment(stores.influx)
        log |= _named_by_operator("CELLPULSE_LOG_LIMIT_BYTES")
        lossy = _named_by_operator("CELLPULSE_LOSSY_REDIS")
        own_page = {"CELLPULSE_DASHBOARD_PORT": str(settings.dashboard_port)}
        own_page |= _named_by_operator("CELLPULSE_PUBLIC_DASHBOARD_URL")
        keep = _named_by_operator("CELLPULSE_LOG_KEEP")
        days = _named_by_operator("CELLPULSE_SNAPSHOT_DAYS")
        host = {"CELLPULSE_HOST": settings.host}
        relay_figures = _named_by_operator("CELLPULSE_RELAY_METRICS_PORT")
        worker_figures = _named_by_operator("CELLPULSE_WORKER_METRICS_PORT")
        provider = _named_by_operator(*_PROVIDER)
        clients = _named_by_operator(*(str(f.alias) for f in ClientLimits.model_fields.values()))
        which = {"INFLUXDB_URL": influx["INFLUXDB_URL"]} if influx else {}
        lrs = _lrs_environment(settings.lrs)
        push = lrs | self._naming() | {"CELLPULSE_AGENT_KEY": self._agent_key()} if lrs else {}
        which |= {"CELLPULSE_LRS_URL": lrs["CELLPULSE_LRS_URL"]} if lrs else {}
        answering = {
            "CELLPULSE_INGEST_URL": settings.address(settings.ingest_port),
            "CELLPULSE_DASHBOARD_URL": settings.address(settings.dashboard_port),
        }
        return [
            self._ours(
                "ingest",
                "ingest_api.serve",
                settings.ingest_port,
                log | lossy | secret | key | clients | own_page,
            ),
            self._ours("relay", "flows.relay", None, log | keep | which | host | relay_figures),
            self._ours(
                "worker",
                "flows.worker",
                None,
                log | lake | influx | days | push | host | worker_figures | names,
            ),
            self._ours(
                "api",
                "analytics.serve",
                settings.api_port,
                # An export of xAPI statements names students as the worker does.
                {"CELLPULSE_REDIS_URL": stores.redis_url}
                | lake
                | secret
                | key
                | names
                | clients
                | provider
                | answering
                | self._naming()
                | {"CELLPULSE_AGENT_KEY": self._agent_key()}
                | _named_by_operator("CELLPULSE_EXPORTS_PATH"),
            ),
        ]

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
        return [dashboard, self._jupyterlab()]

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

    def _agent_key(self) -> str:
        key = self.settings.xapi.agent_key
        return derived_key(self.secret) if key is None else key.get_secret_value()

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

    def _jupyterlab(self) -> Part:
        settings = self.settings
        home = self.folder / "jupyter"
        lab_settings = home / "lab-settings"
        lab_settings.mkdir(parents=True, exist_ok=True)
        (lab_settings / "overrides.json").write_text(json.dumps(_JUPYTERLAB_SETTINGS))
        notebooks = self.folder / "notebooks"
        _copy_new_notebooks(notebooks)
        token = issue_token(self.secret, Grant("ingest", settings.course, settings.student))
        address = settings.address(settings.jupyter_port)
        return Part(
            "jupyterlab",
            (
                # Whatever a notebook computes, the ingest beside it goes first.
                *("nice", "-n", "10", sys.executable, "-m", "jupyterlab", "--no-browser"),
                *("--ip", settings.host, "--port", str(settings.jupyter_port)),
                *("--ServerApp.port_retries=0", f"--ServerApp.root_dir={notebooks}"),
                *(f"--LabApp.app_settings_dir={lab_settings}", "--allow-root"),
            ),
            answers=lambda: http_answers(f"{address}/login"),
            environment={
                "CELLPULSE_DATA_DIR": str(self.folder),
                "CELLPULSE_URL": settings.address(settings.ingest_port),
                "CELLPULSE_TOKEN": token,
                "CELLPULSE_COURSE": settings.course,
                "CELLPULSE_STUDENT": settings.student,
                "CELLPULSE_SPOOL_DIR": str(self.folder / "spool"),
                **_named_by_operator("CELLPULSE_SEND_CODE", "CELLPULSE_SEND_OUTPUT"),
                "JUPYTER_TOKEN": self.jupyter_token,
                "JUPYTER_CONFIG_DIR": str(home / "config"),
                "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
                "JUPYTERLAB_SETTINGS_DIR": str(home / "user-settings"),
                "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            },
            directory=notebooks,
            stop_seconds=3,
        )


def http_answers(address: str) -> bool:
    """Tell whether an address answers without an error."""
    try:
        return httpx.get(address, timeout=2, follow_redirects=True).is_success
    except httpx.HTTPError:
        return False


def lives(redis_url: str, process: str) -> bool:
    """Tell whether a process that has no address said lately that it lives."""
    try:
        with Redis.from_url(redis_url, protocol=2, socket_timeout=2) as redis:
            return is_alive(redis, process)
    except RedisError:
        return False


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


def _copy_new_notebooks(folder: Path) -> None:
    """Give the student a copy to work on; what is there already is the student's own.

    A wheel brings none along: then the folder is empty.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(SAMPLE_COURSE.glob("*.ipynb")) + sorted(
        _NOTEBOOKS.glob("research/*.ipynb")
    ):
        target = folder / source.relative_to(_NOTEBOOKS)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
