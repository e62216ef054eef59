"""The whole platform as `cellpulse up` runs it, in a folder and on ports of its own."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from bench.compare import BadMeasurementError
from bench.servers import SECRET, Server, wait_until
from flows.embedded.part import free_port

_PORTS: Final = ("INGEST", "API", "DASHBOARD", "JUPYTER")
_START_SECONDS: Final = 120
_STOP_SECONDS: Final = 30
#: How a process of `cellpulse up` is known by its command.
_COMMANDS: Final = {
    "ingest": "ingest_api.serve",
    "relay": "flows.relay",
    "worker": "flows.worker",
    "api": "analytics.serve",
    "dashboard": "streamlit_app.serve",
    "redis": "redis-server",
    "influxdb": "influxd.conf",
    "postgres": "postgres -D",
}


@dataclass(frozen=True)
class WholePlatform:
    """A platform that is ready.

    Attributes:
        start_seconds: From the command to `ready`.
        addresses: What `up` printed, by name.
        process: `cellpulse up` itself.
        settings: Its `run.env`: where everything is.
    """

    start_seconds: float
    addresses: Mapping[str, str]
    process: psutil.Process
    settings: Mapping[str, str]

    @property
    def ingest(self) -> str:
        """Address of the ingest."""
        return f"http://127.0.0.1:{self.settings['CELLPULSE_INGEST_PORT']}"

    @property
    def api(self) -> str:
        """Address of the aggregation API."""
        return f"http://127.0.0.1:{self.settings['CELLPULSE_API_PORT']}"

    def part(self, name: str) -> Server:
        """Return one of its processes, for what it costs.

        Raises:
            BadMeasurementError: It is not there.
        """
        for child in self.process.children(recursive=True):
            if _COMMANDS[name] in " ".join(_command(child)):
                return Server("", child)
        raise BadMeasurementError(f"the platform has no process of {name}")


@contextmanager
def whole_platform(folder: Path) -> Iterator[WholePlatform]:
    """Start it, and stop it when the block is left; what is in the folder already is gone on with.

    Raises:
        BadMeasurementError: It is not ready; its last words say why.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data, log = folder / "data", folder / "up.log"
    own = ("CELLPULSE_", "INFLUXDB_")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(own)},
        **{f"CELLPULSE_{name}_PORT": str(free_port()) for name in _PORTS},
        "CELLPULSE_DATA_DIR": str(data),
        "CELLPULSE_SECRET": SECRET,
    }
    begin = time.perf_counter()
    with log.open("wb") as output:
        up = subprocess.Popen(
            (sys.executable, "-m", "flows.cli", "up"),
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until(
            lambda: up.poll() is not None or b"ready\n" in log.read_bytes(),
            "cellpulse up",
            _START_SECONDS,
        )
        lines = log.read_text().splitlines()
        if up.poll() is not None:
            raise BadMeasurementError(f"cellpulse up ended: {lines[-3:]}")
        yield WholePlatform(
            start_seconds=time.perf_counter() - begin,
            addresses=dict(_pair(line) for line in lines if "  " in line),
            process=psutil.Process(up.pid),
            settings=_run_file(data / "run.env"),
        )
    finally:
        up.terminate()
        try:
            up.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            up.kill()
            up.wait()


def _pair(line: str) -> tuple[str, str]:
    name, value = re.split(r"\s{2,}", line.strip(), maxsplit=1)
    return name, value


def _run_file(path: Path) -> dict[str, str]:
    pairs = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
    return {name: value.strip("\"'") for name, _, value in pairs}


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # a database's own helpers come and go
        return []
