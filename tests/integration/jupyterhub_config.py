"""The tests' Hub: what a school has, and the lines that docs/jupyterhub.md has.

Where everything is comes from the environment.
"""

import json
import os

import cellpulse_hub
from jupyterhub.auth import DummyAuthenticator

c = get_config()  # type: ignore[name-defined] # noqa: F821 - JupyterHub brings it


class AsTyped(DummyAuthenticator):  # type: ignore[misc]
    """Lets everybody in, under the very name that they typed."""

    def normalize_username(self, username: str) -> str:
        return username


def room(spawner: object) -> None:
    """Give a server what a school gives it."""
    spawner.environment = {**spawner.environment, "ROOM": "B 12"}  # type: ignore[attr-defined]


#: What the tests do as the Hub's admin, and what the culler needs.
TESTS = ["admin:servers", "access:servers", "list:users", "read:users", "read:users:activity"]

here = os.environ["HUB_FOLDER"]
c.JupyterHub.bind_url = os.environ["HUB_URL"]
c.JupyterHub.hub_port = int(os.environ["HUB_PORT"])
c.JupyterHub.db_url = f"sqlite:///{here}/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = f"{here}/cookie_secret"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ['PROXY_PORT']}"
c.ConfigurableHTTPProxy.pid_file = f"{here}/proxy.pid"
c.JupyterHub.authenticator_class = AsTyped
c.AsTyped.allow_all = True
c.AsTyped.password = os.environ["HUB_PASSWORD"]
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = f"{here}/{{username}}"
c.SimpleLocalProcessSpawner.cmd = ["jupyterhub-singleuser", "--allow-root"]
c.SimpleLocalProcessSpawner.pre_spawn_hook = room
# Whoever asks for a server is answered at once; and nobody opens a JupyterLab here.
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}
c.SimpleLocalProcessSpawner.environment = {
    "JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp"
}
c.JupyterHub.load_groups = {
    group: {"users": users} for group, users in json.loads(os.environ["HUB_GROUPS"]).items()
}
c.JupyterHub.services = [{"name": "tests", "api_token": os.environ["TESTS_TOKEN"]}]
c.JupyterHub.load_roles = [{"name": "tests", "scopes": TESTS, "services": ["tests"]}]

cellpulse_hub.install(
    c,
    ingest_url=os.environ["INGEST_URL"],
    api_url=os.environ["API_URL"],
    dashboard_url=os.environ["DASHBOARD_URL"],
    service_url=os.environ["SERVICE_URL"],
)
