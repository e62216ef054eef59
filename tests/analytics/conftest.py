"""A class whose numbers are known, in a real PostgreSQL and a real lake, and clients of the API."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from analytics.api import create_app
from analytics.settings import ApiSettings
from flows.log.logged_event import LoggedEvent
from flows.migrations.migrate import migrate
from flows.stores.lake import LakeWriter
from flows.stores.postgres import PostgresWriter, engine_for
from ingest_api.events import ProgressEvent, StoredEvent
from ingest_api.tokens import ALL_COURSES, Grant, issue_token
from tests.analytics.measures.memory_lake import MemoryLake

SECRET = "a secret that is for these tests only"
NINE_O_CLOCK = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)


class TwoStores:
    """Writes events to PostgreSQL and the lake as the workers do, in the order of the log."""

    def __init__(self, settings: ApiSettings) -> None:
        self.settings = settings
        self.engine = engine_for(settings.postgres_url)
        migrate(self.engine)
        self.postgres = PostgresWriter(self.engine)
        self.lake = LakeWriter(settings.postgres_url, settings.lake_path)
        self.lake.position()  # makes the lake
        self._next_in: dict[int, int] = {}

    def log(self, at: datetime, **fields: Any) -> LoggedEvent:
        """Return an event that happened and arrived at `at`, at the end of the log."""
        millisecond = round(at.timestamp() * 1000)
        sequence = self._next_in.get(millisecond, 0)
        self._next_in[millisecond] = sequence + 1
        event = ProgressEvent.model_validate({"occurred_at": at} | fields)
        return LoggedEvent(f"{millisecond}-{sequence}", StoredEvent.accept(event, at))

    def write(self, *events: LoggedEvent) -> None:
        """Write a batch to both stores."""
        for store in (self.postgres, self.lake):
            store.apply(events, events[-1].position)

    def close(self) -> None:
        """Let go of both stores."""
        self.lake.close()
        self.engine.dispose()


@pytest.fixture(scope="session")
def settings_at() -> Callable[[str, str], ApiSettings]:
    """Return a function from the addresses of the stores to the API's settings."""
    return lambda postgres_url, lake_path: ApiSettings(
        postgres_url=postgres_url, lake_path=lake_path, secret=SECRET
    )


@pytest.fixture
def stores_at() -> Iterator[Callable[[ApiSettings], TwoStores]]:
    """Return a function that makes two empty stores where the settings say."""
    made: list[TwoStores] = []

    def make(settings: ApiSettings) -> TwoStores:
        made.append(TwoStores(settings))
        return made[-1]

    yield make
    for stores in made:
        stores.close()


@pytest.fixture
def stores(
    settings_at: Callable[[str, str], ApiSettings],
    stores_at: Callable[[ApiSettings], TwoStores],
    postgres_url: str,
    lake_path: str,
) -> TwoStores:
    """Return two empty stores and their writers."""
    return stores_at(settings_at(postgres_url, lake_path))


@pytest.fixture(scope="session")
def known_class(
    postgres_server: Callable[[str], str],
    settings_at: Callable[[str, str], ApiSettings],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[TwoStores]:
    """Return stores that hold course `py`, taught on 4 March 2024 from 9:00 UTC; read only.

    ada works on 1.2 (solves it by a check) and is stuck at 1.10; bob loses two events; cy stops
    after one run at 9:00; dan works in the last notebook; eve is enrolled and does nothing at seat
    B4, and somebody helped her at 8:00. Ada Lovelace, cy and eve are in section A, bob in B, dan in
    none. ada was in another course a year before. s1, s2 and s10 are enrolled in course `sorted`,
    c/d in course `a/b`. The student of course `pages` has 257 events, 100 of them in one
    millisecond.
    """
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as admin:
        admin.execute("CREATE DATABASE known_class")
    lake_path = str(tmp_path_factory.mktemp("lake"))
    stores = TwoStores(settings_at(postgres_server("known_class"), lake_path))
    _teach_py(stores)
    _fill_pages(stores)
    with psycopg.connect(stores.settings.postgres_url) as connection:
        _enroll(connection, "py", "eve")
        connection.execute("UPDATE enrollments SET seat = 'B4' WHERE student_id = 'eve'")
        connection.execute(
            "INSERT INTO student_notes "
            "VALUES ('n', 'py', 'ada', now(), 'grace', 'Knows loops', NULL)"
        )
        _enroll(connection, "sorted", "s10", "s2", "s1")
        _enroll(connection, "a/b", "c/d")
        connection.execute(
            "UPDATE enrollments SET section = roster.section, display_name = roster.name FROM "
            "(VALUES ('ada', 'A', 'Ada Lovelace'), ('bob', 'B', NULL), ('cy', 'A', NULL), "
            "('eve', 'A', NULL)) AS roster (student, section, name) "
            "WHERE course_id = 'py' AND student_id = roster.student"
        )
        connection.execute(
            "UPDATE students SET first_seen_at = first_seen_at - INTERVAL '1 year' "
            "WHERE student_id = 'ada'"
        )
        connection.execute("UPDATE courses SET title = 'Programming 1' WHERE course_id = 'py'")
        connection.execute(
            "INSERT INTO attention_marks (course_id, student_id, marked_at, mark) "
            "VALUES ('py', 'eve', '2024-03-04T08:00Z', 'helped')"
        )
        connection.execute(
            "INSERT INTO class_marks (mark_id, course_id, at, text, set_at, set_by) "
            "VALUES ('m', 'py', %(at)s, 'explained sums', %(at)s, 'grace')",
            {"at": NINE_O_CLOCK + timedelta(minutes=2)},
        )
        connection.execute(
            "INSERT INTO planned_exercises VALUES ('py', %s, '1.10', now(), 'grace')",
            [NINE_O_CLOCK + timedelta(minutes=5)],
        )
    yield stores
    stores.close()
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as admin:
        admin.execute("DROP DATABASE known_class WITH (FORCE)")


def _teach_py(stores: TwoStores) -> None:
    def at(minute: int, student: str, **fields: Any) -> LoggedEvent:
        moment = NINE_O_CLOCK + timedelta(minutes=minute, seconds=30)
        return stores.log(moment, course_id="py", student_id=student, **fields)

    one: dict[str, Any] = {"exercise": "1.2", "notebook": "01-start.ipynb"}
    ten: dict[str, Any] = {"exercise": "1.10", "notebook": "01-start.ipynb"}
    ada: dict[str, Any] = {"session_id": "a"}
    bob: dict[str, Any] = {"session_id": "b"}
    check: dict[str, Any] = {"type": "check_result", "check_name": "sum"}
    stores.write(
        at(0, "ada", status="ok", seq=1, duration_ms=10, **one, **ada),
        at(0, "bob", status="error", seq=1, **one, **bob),
        at(0, "cy", status="ok"),
        at(1, "ada", status="error", error_name="NameError", seq=2, **one, **ada),
        at(1, "ada", status="ok", seq=3, **one, **ada),
        at(2, "ada", passed=True, seq=4, **check, **one, **ada),
        at(3, "ada", status="interrupted", seq=5, **ten, **ada),
    )
    stores.write(
        at(3, "ada", status="error", seq=6, **ten, **ada),
        at(3, "ada", status="error", seq=7, **ten, **ada),
        at(4, "bob", passed=False, seq=2, **check, **one, **bob),
        at(5, "bob", status="ok", seq=5, **ten, **bob),
        at(6, "dan", status="ok", exercise="0.5", notebook="10-end.ipynb", code="x = 1"),
    )


def _fill_pages(stores: TwoStores) -> None:
    begin = NINE_O_CLOCK + timedelta(hours=1)
    moments = [begin + timedelta(milliseconds=max(0, number - 100)) for number in range(257)]
    stores.write(
        *(
            stores.log(moment, course_id="pages", student_id="p", status="ok", cell_id=str(number))
            for number, moment in enumerate(moments)
        )
    )


def _enroll(connection: psycopg.Connection[Any], course: str, *students: str) -> None:
    connection.execute(
        "INSERT INTO courses VALUES (%s, NULL, now()) ON CONFLICT DO NOTHING", [course]
    )
    for student in students:
        connection.execute("INSERT INTO students VALUES (%s, now())", [student])
        connection.execute("INSERT INTO enrollments VALUES (%s, %s, now())", [course, student])


@pytest.fixture(scope="session")
def bearer() -> Callable[..., dict[str, str]]:
    """Return a function from a grant's parts to the header that carries its token."""

    def header(
        course: str = ALL_COURSES, student: str | None = None, scope: Any = "read"
    ) -> dict[str, str]:
        return {"Authorization": f"Bearer {issue_token(SECRET, Grant(scope, course, student))}"}

    return header


@pytest.fixture
def api_of(
    bearer: Callable[..., dict[str, str]],
) -> Iterator[Callable[[ApiSettings], httpx.AsyncClient]]:
    """Return a function that makes a client of a new API; its token may read everything."""
    apps: list[FastAPI] = []

    def client(settings: ApiSettings) -> httpx.AsyncClient:
        apps.append(create_app(settings))
        return _client(apps[-1], bearer())

    yield client
    for app in apps:
        app.state.lake.close()


@pytest.fixture(scope="session")
def known_class_app(known_class: TwoStores) -> Iterator[FastAPI]:
    """Return the API over the known class."""
    app = create_app(known_class.settings)
    yield app
    app.state.lake.close()


@pytest.fixture
async def api(
    known_class_app: FastAPI, bearer: Callable[..., dict[str, str]]
) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the API over the known class, with a token for every course."""
    async with _client(known_class_app, bearer()) as client:
        yield client


def _client(app: FastAPI, headers: dict[str, str]) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(
        transport=transport, base_url="http://api/api/v1", headers=headers, timeout=60
    )


@pytest.fixture
def own_data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set an empty data folder and no other setting."""
    for name in ("POSTGRES_URL", "LAKE_PATH", "SECRET", "HOST", "API_PORT"):
        monkeypatch.delenv(f"CELLPULSE_{name}", raising=False)
    monkeypatch.setenv("CELLPULSE_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def _memory_lake() -> Iterator[MemoryLake]:
    lake = MemoryLake()
    yield lake
    lake.connection.close()


@pytest.fixture
def lake(_memory_lake: MemoryLake) -> MemoryLake:
    """Return an empty lake in memory."""
    _memory_lake.clear()
    return _memory_lake
