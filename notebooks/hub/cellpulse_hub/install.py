"""What goes into the Hub's configuration."""

import os
import sys
from collections.abc import Mapping
from typing import Any

from cellpulse_hub.platform import Platform
from cellpulse_hub.spawn import HookSettings, in_turn

#: The service's name, in the Hub's menu too.
NAME = "cellpulse"
#: What the service may ask of the Hub: who is in which group.
_SCOPES = ("list:groups", "read:groups")
_FOR_EVERYBODY = f"access:services!service={NAME}"
_ADMIN_TOKEN = "CELLPULSE_ADMIN_TOKEN"  # noqa: S105 - a variable's name
_HUB_TOKEN = "CELLPULSE_HUB_TOKEN"  # noqa: S105 - the same


def install(
    c: Any,
    *,
    ingest_url: str,
    api_url: str,
    dashboard_url: str,
    service_url: str = "http://127.0.0.1:10101",
    token_days: int = 30,
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Connect the Hub to Cellpulse; at the end of `jupyterhub_config.py`.

    Args:
        c: The configuration.
        ingest_url: Cellpulse's ingest, as students' servers reach it.
        api_url: Its aggregation API, as the Hub reaches it.
        dashboard_url: Its dashboard, as browsers reach it.
        service_url: Where the service that is made here listens; the Hub's proxy must reach it.
        token_days: How long the token of a student's server holds.
        environ: Where the two secrets are: `CELLPULSE_ADMIN_TOKEN`, by which the Hub asks
            Cellpulse, and `CELLPULSE_HUB_TOKEN`, by which Cellpulse asks the Hub.

    Raises:
        ValueError: Something is missing; the message says what to do.
    """
    ingest_url, api_url, dashboard_url = (
        _address(name, address)
        for name, address in (
            ("ingest_url", ingest_url),
            ("api_url", api_url),
            ("dashboard_url", dashboard_url),
        )
    )
    admin_token = _secret(environ, _ADMIN_TOKEN, "cellpulse token --scope read --course '*'")
    hub_token = _secret(environ, _HUB_TOKEN, "openssl rand -hex 32")
    settings = HookSettings(Platform(api_url, admin_token), ingest_url, token_days)
    _call_before_spawn(c, settings)
    service = {
        "name": NAME,
        "url": service_url,
        "api_token": hub_token,
        "command": [sys.executable, "-m", "cellpulse_hub.service"],
        "environment": {
            "CELLPULSE_API_URL": api_url,
            "CELLPULSE_DASHBOARD_URL": dashboard_url,
            _ADMIN_TOKEN: admin_token,
            "PYTHONPATH": environ.get("PYTHONPATH", ""),
        },
        "oauth_redirect_uri": f"{dashboard_url}/sign-in/callback",
        "oauth_no_confirm": True,
    }
    c.JupyterHub.services = [*_list(c, "services"), service]
    roles = [dict(role) for role in _list(c, "load_roles")]
    roles.append({"name": NAME, "scopes": list(_SCOPES), "services": [NAME]})
    everybody = next((role for role in roles if role["name"] == "user"), None)
    if everybody is None:
        everybody = {"name": "user", "scopes": ["self"]}
        roles.append(everybody)
    everybody["scopes"] = [*everybody.get("scopes", ()), _FOR_EVERYBODY]
    c.JupyterHub.load_roles = roles


def _call_before_spawn(c: Any, settings: HookSettings) -> None:
    """Have the settings given after what the configuration itself does before a server starts.

    It may say that for the spawner's own class, which then goes before the general one.
    """
    sections = {each for each in c if each.endswith("Spawner") and "pre_spawn_hook" in c[each]}
    for section in sections | {"Spawner"}:
        before = [c[section].pre_spawn_hook] if section in sections else []
        c[section].pre_spawn_hook = in_turn([*before, settings.give])


def _list(c: Any, name: str) -> list[Any]:
    return list(c.JupyterHub[name]) if name in c.JupyterHub else []


def _address(name: str, address: str) -> str:
    if not address.startswith(("http://", "https://")):
        raise ValueError(f"cellpulse_hub: {name} must begin with http:// or https://: {address!r}")
    return address.rstrip("/")


def _secret(environ: Mapping[str, str], name: str, made_by: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise ValueError(f"cellpulse_hub: set {name} for the Hub, to what {made_by!r} prints")
    return value
