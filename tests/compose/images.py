"""Images by the names that compose.yaml has: ours built from the Dockerfile, the others stand-ins.

No image registry is needed: a stand-in is Debian's own packages of the program, under the published
name. What it differs in stands in docs/compose.md.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[2]
SCRIPTS: Final = Path(__file__).parent / "stand_ins"
#: What one Debian for all stores has.
_STORES: Final = (
    "redis-server,postgresql,influxdb,influxdb-client,nginx-light,caddy,curl,wget,procps"
)
_PYTHON: Final = "ca-certificates,python3,python3-venv,python3-pip"
#: pip's own settings, for the build only; a build may need them to find its registry.
_OF_PIP: Final = ("/etc/pip.conf", "/etc/xdg/pip", "/etc/ssl/certs")
_CONTAINERS: Final = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=2000:2000"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
_REGISTRIES: Final = 'unqualified-search-registries = ["docker.io"]\n'


@dataclass(frozen=True)
class Podman:
    """Podman with a storage and settings of its own, as root.

    Attributes:
        folder: Where all of it is.
    """

    folder: Path

    @property
    def options(self) -> tuple[str, ...]:
        """What stands before each of its commands."""
        root, run = self.folder / "root", self.folder / "run"
        return ("--root", str(root), "--runroot", str(run), "--storage-driver", self._driver())

    @property
    def environment(self) -> dict[str, str]:
        """What it, and whoever calls it, is started with."""
        return os.environ | {
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "CONTAINERS_REGISTRIES_CONF": str(self.folder / "registries.conf"),
        }

    def configure(self) -> None:
        """Write its settings."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "containers.conf").write_text(_CONTAINERS)
        (self.folder / "registries.conf").write_text(_REGISTRIES)

    def __call__(self, *arguments: str, stdin: int | None = None) -> str:
        """Run a command and return what it prints.

        Raises:
            subprocess.CalledProcessError: It failed; what it said is on stderr.
        """
        return subprocess.run(
            ("podman", *self.options, *arguments),
            env=self.environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout.strip()

    def has(self, image: str) -> bool:
        """Tell whether there is an image."""
        command = ("podman", *self.options, "image", "exists", image)
        return subprocess.run(command, env=self.environment, check=False).returncode == 0

    def _driver(self) -> str:
        # On a file system that is an overlay itself there is only the slow one, which copies.
        kind = subprocess.run(
            ("stat", "-f", "-c", "%T", str(self.folder)), capture_output=True, text=True, check=True
        ).stdout.strip()
        return "vfs" if kind == "overlayfs" else "overlay"


def make_stand_ins(podman: Podman) -> None:
    """Make the images that Compose would pull, where they are not there yet."""
    if not podman.has("docker.io/library/python:3.12-slim"):
        python = _debian(podman.folder / "python", _PYTHON)
        (python / "usr/bin/python").unlink(missing_ok=True)
        (python / "usr/bin/python").symlink_to("python3")
        _import(podman, python, "python:3.12-slim", ['CMD ["python"]'])
    stores = podman.folder / "stores"
    entry = 'ENTRYPOINT ["/usr/local/bin/{}.sh"]'
    changes = {
        "redis:7": ["WORKDIR /data", "VOLUME /data"],
        "postgres:17": [entry.format("postgres"), "STOPSIGNAL SIGINT"],
        "influxdb:2": [entry.format("influxdb")],
        "caddy:2": [],
    }
    if all(podman.has(f"docker.io/library/{name}") for name in changes):
        return
    _debian(stores, _STORES)
    for script in SCRIPTS.glob("*.sh"):
        name = "influx" if script.name == "influx.sh" else script.name
        shutil.copy2(script, stores / "usr/local/bin" / name)
    for name, change in changes.items():
        _import(podman, stores, name, change)


def build_ours(podman: Podman) -> None:
    """Build our image from the Dockerfile."""
    mounts = [f"-v={path}:{path}:ro" for path in _OF_PIP if Path(path).exists()]
    podman(
        "build", "--pull=never", "--network=host", *mounts, "-t", "cellpulse:local", str(PROJECT)
    )


def _debian(folder: Path, packages: str) -> Path:
    """Make a Debian with these packages in a folder, unless it is there."""
    done = folder.with_suffix(".done")
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        command = ("debootstrap", "--variant=minbase", f"--include={packages}", "bookworm")
        subprocess.run((*command, str(folder)), check=True, stdout=subprocess.DEVNULL)
        done.touch()
    return folder


def _import(podman: Podman, root: Path, name: str, changes: Sequence[str]) -> None:
    tar = ("tar", "-C", str(root), "--exclude=./var/cache/apt", "--exclude=./dev", "-c", ".")
    with subprocess.Popen(tar, stdout=subprocess.PIPE) as packed:
        assert packed.stdout is not None
        options = [part for change in changes for part in ("--change", change)]
        podman("import", *options, "-", f"docker.io/library/{name}", stdin=packed.stdout.fileno())
