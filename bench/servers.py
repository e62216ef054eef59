"""Real servers, each on a free port and in a folder of its own, ended when it is left."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from bench.compare import BadMeasurementError
from flows.embedded.answers import http_answers, lives
from flows.embedded.influxdb_server import EmbeddedInfluxDB, influxdb_parts
from flows.embedded.part import Part, free_port
from flows.embedded.postgres_server import postgres_address, postgres_part
from flows.embedded.redis_server import redis_part

#: Signs the tokens of all servers here.
SECRET: Final = "a secret that is for the benchmark only"  # noqa: S105 - opens nothing else
_HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 60


@dataclass(frozen=True)
class Server:
    """A server that answers.

    Attributes:
        url: Its address.
        process: It, for what it costs.
    """

    url: str
    process: psutil.Process

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.url.rpartition(":")[2].partition("/")[0])

    def cpu_seconds(self) -> float:
        """Return the processor time that it has used so far, with its children's."""
        everyone = [self.process, *self.process.children(recursive=True)]
        times = [one.cpu_times() for one in everyone]
        return sum(float(time.user + time.system) for time in times)

    def memory_mb(self) -> float:
        """Return the memory that it holds now, in MB."""
        return float(self.process.memory_info().rss) / 1e6


def wait_until(true: Callable[[], bool], what: str, seconds: float = _START_SECONDS) -> None:
    """Wait for a condition.

    Raises:
        BadMeasurementError: It does not come.
    """
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise BadMeasurementError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.02)


@contextmanager
def redis(folder: Path) -> Iterator[Server]:
    """Run a Redis as the platform does: every write is on disk before it is answered."""
    port = free_port()
    with running(redis_part(folder / "redis", _HOST, port), folder) as process:
        yield Server(f"redis://{_HOST}:{port}/0", process)


@contextmanager
def postgres(folder: Path) -> Iterator[Server]:
    """Run a PostgreSQL with an empty database, as the platform does."""
    port = free_port()
    part = postgres_part(folder / "postgres", _HOST, port)
    with running(part, folder) as process:
        yield Server(postgres_address(folder / "postgres", _HOST, port), process)


@contextmanager
def influxdb(folder: Path) -> Iterator[EmbeddedInfluxDB]:
    """Run the InfluxDB that is on the PATH, with an empty bucket."""
    server = influxdb_parts(folder / "influxdb", _HOST)
    first, *rest = server.parts
    with running(first, folder):
        if rest:
            with running(rest[0], folder):
                server.set_up()
                yield server
        else:
            server.set_up()
            yield server


@contextmanager
def ours(
    folder: Path, module: str, environment: Mapping[str, str], health: str = "/healthz"
) -> Iterator[Server]:
    """Run one of our processes, or one of the benchmark's own that takes the same options."""
    port = free_port()
    url = f"http://{_HOST}:{port}"
    part = Part(
        module,
        (sys.executable, "-m", module, "--host", _HOST, "--port", str(port)),
        answers=lambda: http_answers(url + health),
        environment=environment,
    )
    with running(part, folder) as process:
        yield Server(url, process)


def process(name: str, environment: Mapping[str, str], redis_url: str) -> Part:
    """Return the part that is the relay or the worker, which listen to nobody."""
    return Part(
        name,
        (sys.executable, "-m", f"flows.{name}"),
        answers=lambda: lives(redis_url, name),
        environment=environment,
        stop_seconds=15,
    )


@contextmanager
def running(part: Part, folder: Path) -> Iterator[psutil.Process]:
    """Run a part until the block is left.

    Raises:
        BadMeasurementError: It does not answer; the end of its log says why.
    """
    log = folder / f"{part.name}.log"
    folder.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if "CELLPULSE" not in name}
    environment = {**kept, "CELLPULSE_DATA_DIR": str(folder / "data"), **part.environment}
    with started(part, log, environment) as process:
        wait_until(lambda: part.answers() or process.poll() is not None, f"{part.name} to answer")
        if process.poll() is not None:
            raise BadMeasurementError(f"{part.name} ended: {log.read_text()[-500:]}")
        yield psutil.Process(process.pid)


@contextmanager
def started(
    part: Part, log: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a part, and at the end of the block end it with all that it started."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            part.command,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        own = _started_by(process)
        process.terminate()
        try:
            process.wait(part.stop_seconds + 10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for left in own:
            with suppress(psutil.NoSuchProcess):
                left.kill()


def _started_by(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(process.pid).children(recursive=True)
    return []
