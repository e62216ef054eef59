"""compose.yaml, brought up by podman-compose."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import httpx
import yaml

from tests.compose.images import PROJECT, Podman

#: Under a loaded machine a first start takes long.
PATIENCE_SECONDS: Final = 300
#: To run something in the operator's container; its stores are there already.
_OPERATOR: Final = ("--profile=operator", "run", "--rm", "--no-deps", "-T")


@dataclass(frozen=True)
class Stack:
    """The project's containers.

    Attributes:
        env_file: Made as .env.example says.
        ports: By service, on this machine.
    """

    podman: Podman
    env_file: Path
    ports: dict[str, int]
    #: How many of a service there are to be, where it is not one; as 'up --scale' says it, of
    #: which podman-compose takes one only.
    replicas: dict[str, int] = field(default_factory=dict)

    def compose(self, *arguments: str) -> None:
        """Run a command of Compose.

        Raises:
            subprocess.CalledProcessError: It failed.
        """
        self._compose(*arguments)

    def operator(self, *command: str) -> str:
        """Run the operator's command in a container of its own; return what it prints.

        Raises:
            subprocess.CalledProcessError: It failed.
        """
        return self._compose(*_OPERATOR, "operator", *command)

    def pack(self, name: str, file: Path) -> None:
        """Bring a file or a folder of the operator's out, as docs/compose.md says."""
        with file.open("wb") as packed:
            self._compose(*_OPERATOR, "--entrypoint=tar", "operator", "-c", name, stdout=packed)

    def unpack(self, file: Path) -> None:
        """Bring it in again."""
        with file.open("rb") as packed:
            self._compose(*_OPERATOR, "--entrypoint=tar", "operator", "-x", stdin=packed)

    def _compose(
        self,
        *arguments: str,
        stdin: IO[bytes] | None = None,
        stdout: IO[bytes] | int = subprocess.PIPE,
    ) -> str:
        return subprocess.run(
            (
                *(sys.executable, "-m", "podman_compose"),
                f"--podman-args={' '.join(self.podman.options)}",
                f"--env-file={self.env_file}",
                f"--file={self._file()}",
                *arguments,
            ),
            env=self.podman.environment,
            check=True,
            stdin=stdin,
            stdout=stdout,
            text=True,
        ).stdout

    def _file(self) -> Path:
        """Write compose.yaml without what podman-compose can't do: to wait for others' health."""
        wanted: dict[str, Any] = yaml.safe_load((PROJECT / "compose.yaml").read_text())
        for name, service in wanted["services"].items():
            service["scale"] = self.replicas.get(name, 1)
            service.pop("depends_on", None)
            service.pop("build", None)
        path = self.podman.folder / "compose.yaml"
        path.write_text(yaml.safe_dump(wanted))
        return path

    def names(self, service: str) -> list[str]:
        """Return the names of a service's running containers."""
        label = f"label=io.podman.compose.service={service}"
        return self.podman("ps", "--filter", label, "--format", "{{.Names}}").split()

    def inside(self, service: str, *command: str) -> str:
        """Run a command in a container of a service; return what it prints."""
        return self.podman("exec", self.names(service)[0], *command)

    def is_healthy(self, service: str) -> bool:
        """Tell whether each container of a service is, by its own health check."""
        names = self.names(service)
        return bool(names) and all(self._check(name) for name in names)

    def has_ended_well(self, service: str) -> bool:
        """Tell whether the only container of a service has ended, without an error."""
        label = f"label=io.podman.compose.service={service}"
        ended = ("--filter", label, "--filter", "status=exited", "--format", "{{.ExitCode}}")
        return self.podman("ps", "-a", *ended) == "0"

    def address(self, service: str) -> str:
        """Return where a service answers on this machine."""
        return f"http://127.0.0.1:{self.ports[service]}"

    def get(self, service: str, path: str, **request: Any) -> httpx.Response:
        """Ask a service from outside."""
        return httpx.get(f"{self.address(service)}{path}", timeout=30, **request)

    def _check(self, name: str) -> bool:
        command = ("podman", *self.podman.options, "healthcheck", "run", name)
        done = subprocess.run(
            command, env=self.podman.environment, check=False, capture_output=True
        )
        return done.returncode == 0


def wait_until(true: Callable[[], bool], what: str) -> None:
    """Wait until something is true.

    Raises:
        AssertionError: It does not become true.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            if true():
                return
        except (httpx.HTTPError, subprocess.CalledProcessError, LookupError):
            pass
        time.sleep(1)
    raise AssertionError(f"waited {PATIENCE_SECONDS} s for {what}")
