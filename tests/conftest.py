"""Real servers for the tests: each is started once, on a free port, and stopped at the end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
import pytest
import redis
from playwright.sync_api import Browser, sync_playwright

from flows.embedded.influxdb_server import EmbeddedInfluxDB, influxdb_parts
from flows.embedded.part import Part, find_program, free_port
from flows.embedded.postgres_server import postgres_address, postgres_part
from flows.embedded.redis_server import redis_part
from flows.migrate import migrate
from flows.settings import InfluxSettings
from flows.stores.postgres import engine_for

START_SECONDS = 30
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


def _wait_until(true: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.02)


@contextmanager
def _running(part: Part, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            part.command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _wait_until(part.answers, f"{part.name} (its log: {log.read_text()[-2000:]})")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(part.stop_seconds + 10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., None]:
    """Return a function that awaits a condition and fails the test when it does not come."""
    return _wait_until


@pytest.fixture(scope="session")
def running() -> Callable[..., object]:
    """Return the context manager that runs a part and stops it."""
    return _running


@pytest.fixture(scope="session")
def redis_server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run one Redis for all tests."""
    directory = tmp_path_factory.mktemp("redis")
    port = free_port()
    with _running(redis_part(directory, "127.0.0.1", port), directory / "log"):
        yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture
def redis_url(redis_server_url: str) -> str:
    """Return the address of an empty Redis."""
    with redis.Redis.from_url(redis_server_url) as client:
        client.flushall()
    return redis_server_url


@pytest.fixture
def redis_client(redis_url: str) -> Iterator[redis.Redis]:
    """Return a client of an empty Redis."""
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Run one PostgreSQL for all tests; return a function from database name to address."""
    directory = tmp_path_factory.mktemp("postgres")
    port = free_port()
    part = postgres_part(directory, "127.0.0.1", port)
    with _running(part, directory / "log"):
        yield lambda database: postgres_address(directory, "127.0.0.1", port, database)


@pytest.fixture
def empty_postgres_url(postgres_server: Callable[[str], str]) -> Iterator[str]:
    """Return the address of a new database without tables."""
    database = f"test_{uuid4().hex}"
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {database}".encode())
        yield postgres_server(database)
        admin.execute(f"DROP DATABASE {database} WITH (FORCE)".encode())


@pytest.fixture
def postgres_url(empty_postgres_url: str) -> str:
    """Return the address of a new database with this version's tables."""
    engine = engine_for(empty_postgres_url)
    migrate(engine)
    engine.dispose()
    return empty_postgres_url


@pytest.fixture
def lake_path(tmp_path: Path) -> str:
    """Return an empty folder for the lake's files."""
    return str(tmp_path / "lake")


@pytest.fixture(scope="session")
def influxdb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedInfluxDB]:
    """Run one InfluxDB for all tests: the `influxd` on the PATH, 1.x behind its adaptor."""
    directory = tmp_path_factory.mktemp("influxdb")
    server = influxdb_parts(directory, "127.0.0.1")
    first, *rest = server.parts
    with _running(first, directory / "log"):
        if not rest:
            yield server
            return
        with _running(rest[0], directory / "adaptor-log"):
            yield server


@pytest.fixture
def influx_settings(influxdb_server: EmbeddedInfluxDB) -> InfluxSettings:
    """Return the settings of an empty bucket."""
    server = EmbeddedInfluxDB(
        influxdb_server.parts,
        influxdb_server.url,
        influxdb_server.token,
        bucket=f"test_{uuid4().hex}",
    )
    server.set_up()
    return InfluxSettings(
        INFLUXDB_URL=server.url,
        INFLUXDB_TOKEN=server.token,
        INFLUXDB_ORG=server.org,
        INFLUXDB_BUCKET=server.bucket,
    )


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_program("chromium"), args=CHROMIUM_FLAGS
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def open_browser() -> Callable[[], AbstractContextManager[Browser]]:
    """Return the context manager that runs a browser."""
    return _browser


@dataclass
class Up:
    """One `cellpulse up` with a data folder and ports of its own."""

    environment: dict[str, str]
    folder: Path
    process: subprocess.Popen[str] | None = None
    tokens: dict[str, str] = field(default_factory=dict)

    def command(self, *arguments: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "flows.cli", *arguments)

    def start(self, *arguments: str) -> list[str]:
        output = self.folder.parent / "up.log"
        with output.open("w") as file:
            self.process = subprocess.Popen(
                self.command("up", *arguments),
                env=self.environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                text=True,
            )
        process = self.process
        _wait_until(
            lambda: "ready\n" in output.read_text() or process.poll() is not None, "ready", 90
        )
        return output.read_text().splitlines()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(number)
        code = self.process.wait(20)
        assert not [child for child in children if child.is_running()]
        self.process = None
        return code

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )

    @property
    def ingest(self) -> str:
        return f"http://127.0.0.1:{self.environment['CELLPULSE_INGEST_PORT']}"

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.environment['CELLPULSE_API_PORT']}/api/v1"

    def bearer(self, scope: str) -> dict[str, str]:
        if scope not in self.tokens:
            done = self.run("token", "--scope", scope, "--course", "demo")
            self.tokens[scope] = done.stdout.strip()
        return {"Authorization": f"Bearer {self.tokens[scope]}"}


@pytest.fixture(scope="session")
def make_platform() -> Callable[[Path], Up]:
    """Return a function that prepares a platform in a folder; who starts it stops it."""

    def make(folder: Path) -> Up:
        folder.mkdir(exist_ok=True)
        ports = ("INGEST", "API", "DASHBOARD", "JUPYTER")
        environment = {
            **{name: value for name, value in os.environ.items() if "CELLPULSE" not in name},
            **{f"CELLPULSE_{name}_PORT": str(free_port()) for name in ports},
            "CELLPULSE_DATA_DIR": str(folder / "data"),
        }
        return Up(environment, folder / "data")

    return make
