"""Real servers for the tests: each is started once, on a free port, and stopped at the end."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import ChainMap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import psycopg
import pytest
import redis
from httpx._config import DEFAULT_TIMEOUT_CONFIG
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from playwright.sync_api import Browser, sync_playwright
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from bench.browser import CHROMIUM, CHROMIUM_FLAGS
from flows.embedded.answers import http_answers
from flows.embedded.influxdb_server import EmbeddedInfluxDB, influxdb_parts
from flows.embedded.part import Part, find_program, free_port
from flows.embedded.postgres_server import postgres_address, postgres_part
from flows.embedded.redis_server import redis_part
from flows.migrations.migrate import migrate
from flows.settings import InfluxSettings, LrsSettings
from flows.stores.postgres import engine_for
from ingest_api.events import TEXT_CAPS
from ingest_api.quick_end import end_at_once
from tests.cellpulse import cellpulse

# The same examples each time; `--hypothesis-profile explore` looks for new ones.
settings.register_profile(
    "same",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile(
    "explore", settings.get_profile("same"), derandomize=False, max_examples=2_000
)
settings.load_profile("same")
end_at_once()

START_SECONDS = 60
#: What PostgreSQL does against a loss of power, and what it commits when no test asks for it.
TURNED_OFF = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")
#: The files with the longest tests of those that need a browser.
LONGEST = ("test_walk_of_every_page_in_browser.py", "test_whole_way.py")
#: Pages that live for seconds gain nothing from code that is optimised for long.
WITHOUT_OPTIMISING = "--js-flags=--no-opt"


# A busy machine may stand still for seconds; what is waited for ends a wait sooner.
DEFAULT_TIMEOUT_CONFIG.connect = DEFAULT_TIMEOUT_CONFIG.read = START_SECONDS
DEFAULT_TIMEOUT_CONFIG.write = DEFAULT_TIMEOUT_CONFIG.pool = START_SECONDS


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where only what needs a browser is asked for, leave unread all that has none: it is much."""
    asked = config.option.markexpr == "browser" and collection_path.match("test_*.py")
    return True if asked and "playwright" not in collection_path.read_text("utf-8") else None


class _ByServers(LoadFileScheduling):
    """Gives each file's tests to one process, and to one those that share a platform."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        folder = file.rpartition("/")[0]
        return folder if folder.endswith("integration") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _ByServers | None:
    """Where only what needs a browser is asked for, have each server started by one process."""
    return _ByServers(config, log) if config.option.markexpr == "browser" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser, and run those files last.

    No other event loop runs beside Playwright's, which stays. The longest of them come first, so
    that no process is left with one at the end.
    """
    browsers = [item for item in items if "open_browser" in getattr(item, "fixturenames", ())]
    for item in browsers:
        item.add_marker("browser")
        if "playwright" not in item.path.read_text("utf-8"):  # `make test-browser` leaves it unread
            raise pytest.UsageError(f"{item.path} uses a browser: import its types of playwright")
    files = {item.path for item in browsers}
    last = [item for item in items if item.path in files]
    last.sort(key=lambda item: (item.path.name not in LONGEST, item.path))
    items[:] = [item for item in items if item.path not in files] + last


def _wait_until(true: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    end = time.monotonic() + seconds
    asked = time.monotonic()
    while not true():
        now = time.monotonic()
        if now > end:
            pytest.fail(f"waited {seconds:.0f} s for {what}")
        # Whoever is waited for needs the processor too.
        time.sleep(max(0.02, now - asked))
        asked = time.monotonic()


@contextmanager
def _running(part: Part, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            part.command,
            env=os.environ | part.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until(part.answers, f"{part.name} (its log: {log.read_text()[-2000:]})")
        yield process
    finally:
        started = _started_by(process)
        process.terminate()
        try:
            process.wait(part.stop_seconds + 10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for left in started:
            with suppress(psutil.NoSuchProcess):
                left.kill()


def _started_by(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(process.pid).children(recursive=True)
    return []


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
    # No test takes the power away from this server.
    part = replace(part, command=(*part.command, *(f"-c{name}=off" for name in TURNED_OFF)))
    with _running(part, directory / "log"):
        yield lambda database: postgres_address(directory, "127.0.0.1", port, database)


@contextmanager
def _database(server: Callable[[str], str], name: str, template: str) -> Iterator[str]:
    """Make a database as a copy of another, and drop it at the end."""
    with psycopg.connect(server("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        yield server(name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def empty_postgres_url(postgres_server: Callable[[str], str]) -> Iterator[str]:
    """Return the address of a new database without tables."""
    with _database(postgres_server, f"test_{uuid4().hex}", "template1") as address:
        yield address


@pytest.fixture(scope="session")
def migrated_template(postgres_server: Callable[[str], str]) -> Iterator[str]:
    """Return the name of a database with this version's tables, of which others are copied."""
    with _database(postgres_server, "migrated", "template1") as address:
        engine = engine_for(address)
        migrate(engine)
        engine.dispose()  # a database is only copied while nobody is connected to it
        yield "migrated"


@pytest.fixture(scope="session")
def migrated_database(
    postgres_server: Callable[[str], str], migrated_template: str
) -> Callable[[], AbstractContextManager[str]]:
    """Return a function that makes a database with this version's tables, as a context."""
    return lambda: _database(postgres_server, f"test_{uuid4().hex}", migrated_template)


@pytest.fixture
def postgres_url(migrated_database: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """Return the address of a new database with this version's tables."""
    with migrated_database() as address:
        yield address


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


@pytest.fixture(scope="session")
def new_bucket(influxdb_server: EmbeddedInfluxDB) -> Callable[[], InfluxSettings]:
    """Return a function that makes an empty bucket and returns its settings."""

    def make() -> InfluxSettings:
        server = replace(influxdb_server, bucket=f"test_{uuid4().hex}")
        server.set_up()
        return InfluxSettings(
            INFLUXDB_URL=server.url,
            INFLUXDB_TOKEN=server.token,
            INFLUXDB_ORG=server.org,
            INFLUXDB_BUCKET=server.bucket,
        )

    return make


@pytest.fixture
def influx_settings(new_bucket: Callable[[], InfluxSettings]) -> InfluxSettings:
    """Return the settings of an empty bucket."""
    return new_bucket()


#: `make .venv/.ralph` makes it; `make test` does so by itself.
RALPH_PYTHON = Path(sys.prefix) / "ralph" / "bin" / "python"
RALPH_SCRIPTS = Path(__file__).parent / "ralph"


@pytest.fixture(scope="session")
def faults_by_ralph() -> Iterator[Callable[[dict[str, Any]], str]]:
    """Return a function that says what Ralph's models have against an xAPI statement, or ''."""
    with subprocess.Popen(
        (RALPH_PYTHON, RALPH_SCRIPTS / "validate.py"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        questions, answers = process.stdin, process.stdout

        def faults_of(statement: dict[str, Any]) -> str:
            questions.write(json.dumps(statement) + "\n")
            questions.flush()
            return str(json.loads(answers.readline()))

        yield faults_of


@dataclass(frozen=True)
class Ralph:
    """A learning record store that keeps its statements in a file.

    Attributes:
        settings: Where it is, and who is let in.
        part: How it is run.
        file: Its statements.
    """

    settings: LrsSettings
    part: Part
    file: Path

    def statements(self) -> list[dict[str, Any]]:
        """Return what it holds, without what it added itself."""
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        own = {"stored", "authority"}
        return [{k: v for k, v in json.loads(line).items() if k not in own} for line in lines]


def _ralph(folder: Path) -> Ralph:
    users = [
        {
            "username": "cellpulse",
            # Of 'a-password'.
            "hash": "$2b$04$zpV3i7VUijIYzzJYXbVvN.WEzsiKCf12PgZGkQ5aWoZgNy2CUnFZm",
            "scopes": ["statements/write"],
            "agent": {"account": {"homePage": "https://example.org", "name": "cellpulse"}},
        }
    ]
    (folder / "users.json").write_text(json.dumps(users))
    port = free_port()
    environment = {
        "RALPH_APP_DIR": folder,
        "RALPH_AUTH_FILE": folder / "users.json",
        "RALPH_RUNSERVER_BACKEND": "fs",
        "RALPH_BACKENDS__LRS__FS__DEFAULT_DIRECTORY_PATH": folder / "statements",
    }
    given = (f"{name}={value}" for name, value in environment.items())
    part = Part(
        "ralph",
        ("env", *given, str(RALPH_PYTHON), str(RALPH_SCRIPTS / "serve.py"), str(port)),
        answers=lambda: http_answers(f"http://127.0.0.1:{port}/__lbheartbeat__"),
    )
    settings = LrsSettings(
        CELLPULSE_LRS_URL=f"http://127.0.0.1:{port}/xAPI",
        CELLPULSE_LRS_USER="cellpulse",
        CELLPULSE_LRS_PASSWORD="a-password",
    )
    return Ralph(settings, part, folder / "statements" / "fs_lrs.jsonl")


@pytest.fixture
def idle_ralph(tmp_path: Path) -> Ralph:
    """Return a Ralph that does not run yet; `running` runs it."""
    return _ralph(tmp_path)


@pytest.fixture(scope="session")
def ralph_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ralph]:
    """Run one Ralph for all tests."""
    folder = tmp_path_factory.mktemp("ralph")
    server = _ralph(folder)
    with _running(server.part, folder / "log"):
        yield server


@pytest.fixture
def ralph(ralph_server: Ralph) -> Ralph:
    """Return a Ralph without statements."""
    ralph_server.file.unlink(missing_ok=True)
    return ralph_server


@pytest.fixture(scope="session")
def open_browser() -> Iterator[Callable[[], AbstractContextManager[Browser]]]:
    """Yield the context manager that gives a browser without a window's contexts in it.

    A process has one for all tests; what one of them opened in it is closed at its end.
    """
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=find_program(CHROMIUM), args=(*CHROMIUM_FLAGS, WITHOUT_OPTIMISING)
        )

        @contextmanager
        def browser() -> Iterator[Browser]:
            others = running.contexts
            yield running
            for context in running.contexts:
                if context not in others:
                    context.close()

        yield browser
        running.close()


def _runs(process: psutil.Process) -> bool:
    """Tell whether a process is there; one that has ended may wait for init to take note."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@dataclass
class Up:
    """One `cellpulse up` with a data folder and ports of its own."""

    environment: dict[str, str]
    folder: Path
    program: tuple[str, ...] = (sys.executable, "-m", "flows.cli")
    process: subprocess.Popen[str] | None = None
    tokens: dict[str, str] = field(default_factory=dict)

    def command(self, *arguments: str) -> tuple[str, ...]:
        return (*self.program, *arguments)

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
            lambda: "ready\n" in output.read_text() or process.poll() is not None, "ready", 600
        )
        return output.read_text().splitlines()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(number)
        code = self.process.wait(120)
        assert not [child for child in children if _runs(child)]
        self.process = None
        return code

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command in this process, beside `up`."""
        return cellpulse(self.environment, *arguments)

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


#: Texts that have broken some program before.
ODD_TEXTS = (
    "a/b",
    "../../etc/passwd",
    "%2e%2e%2f",
    "..",
    "'; DROP TABLE students; --",
    '"quoted" and `ticked`',
    "a,b=c d",
    "#",
    "$1 {} %s",
    "NULL",
    "NaN",
    "-1",
    " led by a blank",
    "\u202eright to left",
    "a\u200bb\u200dc\ufeff",
    "e\u0301",
    "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}",
    "<script>alert(1)</script>",
    "\U0010ffff",
    "\ufffe",
)
#: Texts that hold something which an id must not hold.
ODD_LINES = (
    "line\nline",
    "\r",
    "tab\t",
    "\\",
    "ends with \\",
    "\x00",
    "\x1b[31m",
    "\x85",
    "\u2028",
)


def _long_text(length: SearchStrategy[int]) -> SearchStrategy[str]:
    """Return a strategy for texts of four-byte characters that no store can compress."""

    def text(length: int, seed: int) -> str:
        choose = random.Random(seed)
        return "".join(chr(choose.randrange(0x1F000, 0x2FA20)) for _ in range(length))

    return st.builds(text, length, st.integers(0, 9))


@pytest.fixture(scope="session")
def json_values() -> SearchStrategy[Any]:
    """Return a strategy for everything that Python reads from JSON, NaN and half pairs included."""
    text = st.text(st.characters(exclude_categories=())) | st.sampled_from(ODD_TEXTS + ODD_LINES)
    leaves = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.sampled_from((10, 400, 4_000)).map(lambda digits: -(10**digits))
        | st.floats()
        | text
    )
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(text, inner, max_size=5),
        max_leaves=20,
    )


@pytest.fixture(scope="session")
def sent_events(json_values: SearchStrategy[Any]) -> SearchStrategy[dict[str, Any]]:
    """Return a strategy for events as a client may send them: most are valid, all are odd."""
    letters = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\\\u2028\u2029")
    ids = (
        st.sampled_from(ODD_TEXTS)
        | st.text(letters, min_size=1, max_size=30)
        | _long_text(st.just(200))
    )
    counts = st.integers(0, 2**53 - 1)
    amounts = st.floats(0, 2**53 - 1) | counts
    times = st.builds(
        lambda time, hours: time.replace(tzinfo=timezone(timedelta(hours=hours))).isoformat(),
        st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30)),  # noqa: DTZ001 - zone is added
        st.integers(-23, 23),
    )
    any_text = st.text(st.characters(exclude_categories=()))
    odd_text = st.sampled_from(ODD_TEXTS + ODD_LINES) | any_text
    optional: dict[str, SearchStrategy[Any]] = {
        name: odd_text | _long_text(st.integers(cap - 1, cap + 1))
        for name, cap in TEXT_CAPS.items()
    }
    optional |= dict.fromkeys(("execution_count", "code_lines", "code_chars"), counts)
    optional |= dict.fromkeys(("duration_ms", "points", "points_possible"), amounts)
    optional |= {
        "event_id": st.uuids().map(str),
        "occurred_at": times,
        "code_sha256": st.just("0a" * 32),
        "truncated": st.lists(st.sampled_from(sorted(TEXT_CAPS))),
        "extra": st.dictionaries(any_text, json_values, max_size=3),
        "schema_version": counts,
        "room": json_values,
    }
    kinds = st.one_of(
        st.fixed_dictionaries({"status": st.sampled_from(("ok", "error", "interrupted"))}),
        st.fixed_dictionaries(
            {"type": st.just("check_result"), "check_name": any_text, "passed": st.booleans()}
        ),
        st.fixed_dictionaries(
            {"type": st.sampled_from(("session_started", "session_ended", "help_requested"))}
        ),
    )
    session = st.just({}) | st.fixed_dictionaries(
        {"session_id": ids, "seq": st.integers(0, 50) | counts}
    )
    whose = st.fixed_dictionaries({"course_id": ids, "student_id": ids})
    rest = st.fixed_dictionaries({}, optional=optional)
    return st.builds(ChainMap, kinds, whose, session, rest).map(dict)
