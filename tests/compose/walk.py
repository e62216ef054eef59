"""`make test-compose`: the full stack in containers, from nothing to an event on the dashboard.

As root; what it makes is kept in a folder, so that a second run is quick.
"""

import re
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import click
import httpx

from flows.embedded.part import free_port
from tests.compose.images import PROJECT, Podman, build_ours, make_stand_ins
from tests.compose.stack import Stack, wait_until

SERVICES: Final = (
    "redis",
    "postgres",
    "influxdb",
    "ingest",
    "edge",
    "relay",
    "worker",
    "api",
    "dashboard",
)
_STORES: Final = SERVICES[:3]
_COURSE: Final = ("--course", "demo")
_PORTS: Final = {
    "edge": "CELLPULSE_INGEST_PORT",
    "api": "CELLPULSE_API_PORT",
    "dashboard": "CELLPULSE_DASHBOARD_PORT",
}


class Walk:
    """The steps; each prints a line when it is done."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._sent = 0
        self._reader: dict[str, str] = {}
        self._hook: dict[str, str] = {}
        self._packed = stack.podman.folder / "first.tar"

    def come_up(self, **replicas: int) -> None:
        """Bring all up, so many of each; wait until each is healthy by its own check."""
        self._stack.replicas.update(replicas)
        self._have_stores()
        self._stack.compose("up", "-d")
        self._wait_for(SERVICES)
        _say(f"up: {', '.join(SERVICES)} are healthy")

    def _have_stores(self) -> None:
        for first in (_STORES, ("migrate",)):
            self._stack.compose("up", "-d", *first)
            self._wait_for(first)

    def _wait_for(self, services: Sequence[str]) -> None:
        for service in services:
            done = self._stack.has_ended_well if service == "migrate" else self._stack.is_healthy
            wait_until(partial(done, service), service)

    def get_tokens(self) -> None:
        """Make the tokens of a reader and of a student's hook."""
        token = ("cellpulse", "token", *_COURSE, "--scope")
        self._reader = _bearer(self._stack.inside("api", *token, "read"))
        self._hook = _bearer(self._stack.inside("api", *token, "ingest", "--student", "ada"))

    def send(self, count: int = 3) -> None:
        """Post events, each by a connection of its own, and wait until every store has all."""
        event = {"course_id": "demo", "student_id": "ada", "status": "ok", "exercise": "1.1"}
        for _ in range(count):
            wait_until(lambda: self._post(event).status_code == httpx.codes.ACCEPTED, "a 202")
        self._sent += count
        self.expect_all()

    def expect_all(self) -> None:
        """Wait until the API, each store from inside, and the dashboard say what was sent."""
        stack, sent = self._stack, str(self._sent)
        path = "/api/v1/courses/demo/progress"
        wait_until(
            lambda: stack.get("api", path, headers=self._reader).json().get("runs") == self._sent,
            f"the API to count {sent}",
        )
        entries = ("redis-cli", "-h", "127.0.0.1", "XLEN", "progress-events:log")
        assert stack.inside("redis", *entries) == sent
        runs = "SELECT count(*), sum(runs) FROM student_states"
        psql = ("psql", "-h", "/tmp", "-U", "cellpulse", "-d", "cellpulse", "-Atc")
        wait_until(
            lambda: stack.inside("postgres", *psql, runs) == f"1|{sent}",
            f"PostgreSQL to have {sent}",
        )
        count = ("influx", "-database", "cellpulse", "-format", "csv", "-execute")
        query = "SELECT count(event_id) FROM progress_event"
        wait_until(
            lambda: stack.inside("influxdb", *count, query).endswith(f",{sent}"),
            f"InfluxDB to have {sent}",
        )
        page = stack.get(
            "dashboard",
            "/",
            params={"token": self._reader["Authorization"].split()[1]},
            follow_redirects=True,
        )
        assert page.status_code == httpx.codes.OK
        _say(f"{sent} events are in Redis, PostgreSQL, InfluxDB and the lake, and the pages open")

    def export(self) -> None:
        """Have the API make a file: it has a place to write to."""
        address = f"{self._stack.address('api')}/api/v1/courses/demo/exports"
        made = httpx.post(address, json={"format": "csv"}, headers=self._reader, timeout=60)
        assert made.is_success, made.text
        export = made.json()["export_id"]
        path = f"/api/v1/courses/demo/exports/{export}"
        wait_until(
            lambda: self._stack.get("api", path, headers=self._reader).json()["state"] == "done",
            "an export",
        )
        _say("an export was made")

    def look_at_the_image(self) -> None:
        """It runs as nobody special, can write nowhere but its volumes, and holds no secret."""
        stack = self._stack
        assert stack.inside("worker", "id", "-u") == "10001"
        for folder in ("/", "/opt/cellpulse", "/var/lib/cellpulse"):
            try:
                stack.inside("worker", "touch", f"{folder}/written")
            except subprocess.CalledProcessError:
                continue
            raise AssertionError(f"the worker wrote to {folder}")
        made = stack.podman("image", "inspect", "cellpulse:local")
        made += stack.podman("history", "--no-trunc", "cellpulse:local")
        values = re.findall(r"=(\w{32,})", stack.env_file.read_text())
        assert values
        assert not [value for value in values if value in made]
        assert "PIP_" not in made
        # A file that was mounted at build leaves its empty place.
        assert not stack.inside(
            "api", "sh", "-c", "cat /etc/pip.conf /etc/xdg/pip/* 2>/dev/null || :"
        )
        _say("our image: not root, read-only, no secret, no settings of the machine's pip")

    def stores_are_inside(self) -> None:
        """No store and no process of the back has a port on this machine."""
        ports = self._stack.podman("ps", "--format", "{{.Names}} {{.Ports}}")
        published = {line.split()[0] for line in ports.splitlines() if "->" in line}
        assert {name.split("_")[1] for name in published} == set(_PORTS), ports
        _say(f"published: {', '.join(_PORTS)} only")

    def lose(self, service: str) -> None:
        """Kill a container, and have it again."""
        [name, *_] = self._stack.names(service)
        self._stack.podman("kill", name)
        wait_until(lambda: name not in self._stack.names(service), f"the end of {name}")
        # Here nobody restarts it: that is the engine's service, which does not run.
        self._stack.podman("start", name)
        wait_until(lambda: self._stack.is_healthy(service), service)
        _say(f"killed and back: {service}")

    def lose_one_of(self, service: str) -> None:
        """Kill one of several; the others go on."""
        [first, *others] = self._stack.names(service)
        assert others
        self._stack.podman("kill", first)
        self.send()
        self._stack.podman("start", first)
        _say(f"killed one {service} of {len(others) + 1}: the others went on")

    def back_up(self) -> None:
        """Look at all, compare every store, and make a backup, by the operator's container."""
        found = self._stack.operator("doctor")
        assert not re.search(r"^bad ", found, re.MULTILINE), found
        assert f"all agree on {self._sent} events" in self._stack.operator("audit")
        made = self._stack.operator("backup", "backups/first")
        assert f"{self._sent} in InfluxDB" in made, made
        self._stack.pack("backups/first", self._packed)
        _say("the operator's command: doctor, audit, backup")

    def lose_all_and_restore(self) -> None:
        """Make all anew from the backup, and go on from there."""
        self._stack.compose("down", "-v")
        self._have_stores()
        self._stack.unpack(self._packed)
        assert "restored" in self._stack.operator("restore", "backups/first")
        self.come_up()
        self.expect_all()
        self.send()
        assert f"all agree on {self._sent} events" in self._stack.operator("audit")
        _say("every store was lost and came back from the backup")

    def erase(self) -> None:
        """Have the only student leave every store."""
        said = self._stack.operator("forget", "--student", "ada")
        for store in ("Redis", "PostgreSQL", "the lake's files", "InfluxDB"):
            assert f"searched {store}" in said, said
        _say("the student left every store")

    def _post(self, event: dict[str, str]) -> httpx.Response:
        address = f"{self._stack.address('edge')}/student-progress"
        return httpx.post(address, json=event, headers=self._hook, timeout=30)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _say(what: str) -> None:
    click.echo(f"  {what}")


def _env_file(folder: Path, ports: dict[str, int]) -> Path:
    """Make .env as .env.example says, with free ports."""
    [command] = re.findall(
        r"^# +(\(umask .*) > \.env\)$", (PROJECT / ".env.example").read_text(), re.MULTILINE
    )
    made = subprocess.run(
        ("sh", "-c", f"{command})"), cwd=PROJECT, check=True, capture_output=True, text=True
    ).stdout
    for service, name in _PORTS.items():
        made = re.sub(rf"(?m)^{name}=.*", f"{name}={ports[service]}", made)
    path = folder / "env"
    path.touch(mode=0o600)
    path.write_text(made)
    return path


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def main(folder: Path) -> None:
    """Build, bring up, use, hurt, scale, take down and bring up again; keep images in FOLDER."""
    podman = Podman(folder.resolve())
    podman.configure()
    click.echo("images (the first time takes ten minutes)")
    make_stand_ins(podman)
    build_ours(podman)
    ports = {service: free_port() for service in _PORTS}
    stack = Stack(podman, _env_file(podman.folder, ports), ports)
    walk = Walk(stack)
    stack.compose("down", "-v")
    try:
        walk.come_up()
        walk.look_at_the_image()
        walk.stores_are_inside()
        walk.get_tokens()
        walk.send()
        walk.export()
        for service in ("worker", "redis", "postgres", "ingest"):
            walk.lose(service)
            walk.send()
        walk.come_up(worker=3, ingest=2)
        walk.send()
        walk.lose_one_of("ingest")
        walk.lose_one_of("worker")
        stack.compose("down")
        walk.come_up(worker=1, ingest=1)
        walk.expect_all()
        walk.send()
        walk.back_up()
        walk.lose_all_and_restore()
        walk.erase()
    except (AssertionError, subprocess.CalledProcessError) as error:
        for name in podman("ps", "-a", "--format", "{{.Names}}").split():
            click.echo(f"--- {name}", err=True)
            subprocess.run(
                ("podman", *podman.options, "logs", "--tail=15", name),
                env=podman.environment,
                check=False,
            )
        if isinstance(error, subprocess.CalledProcessError):
            click.echo(error.stdout, err=True)
        click.echo(f"test-compose: {error}", err=True)
        sys.exit(1)
    finally:
        stack.compose("down", "-v")
    click.echo("1 passed, 0 failed")


if __name__ == "__main__":
    main()
