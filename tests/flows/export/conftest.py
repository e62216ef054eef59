"""A course in a real lake, and what reads it."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.export.source import CourseSource, open_course
from flows.log.logged_event import LoggedEvent
from flows.settings import LakeSettings
from flows.stores.lake import LakeWriter
from ingest_api.events import ProgressEvent, StoredEvent

NINE_O_CLOCK = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ODD = 'a "quoted" line,\nits second\r\nand Ünïcödé 🐍; NULL'


class Lake:
    """A lake that events are appended to in the order of the log."""

    def __init__(self, settings: LakeSettings) -> None:
        self.settings = settings
        self.writer = LakeWriter(settings.postgres_url, settings.lake_path)
        self.events: list[LoggedEvent] = []

    def append(self, *sent: dict[str, Any]) -> list[LoggedEvent]:
        """Append events, one a second, in one commit of the lake."""
        logged = []
        for fields in sent:
            at = NINE_O_CLOCK + timedelta(seconds=len(self.events))
            event = ProgressEvent.model_validate({"course_id": "demo", "student_id": "s1"} | fields)
            position = f"{int(at.timestamp() * 1000)}-0"
            logged.append(LoggedEvent(position, StoredEvent.accept(event, at)))
            self.events.append(logged[-1])
        self.writer.apply(logged, logged[-1].position)
        return logged


@pytest.fixture
def lake(postgres_url: str, lake_path: str) -> Iterator[Lake]:
    """Return an empty lake."""
    lake = Lake(LakeSettings(postgres_url=postgres_url, lake_path=lake_path))
    yield lake
    lake.writer.close()


@pytest.fixture(scope="module")
def module_lake(
    migrated_database: Callable[[], AbstractContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lake]:
    """Return a lake that all tests of a module fill and read."""
    with migrated_database() as url:
        path = tmp_path_factory.mktemp("lake")
        lake = Lake(LakeSettings(postgres_url=url, lake_path=str(path)))
        yield lake
        lake.writer.close()


#: One event of each type, with every field of the contract in use, and texts that break a CSV.
EVERY_FIELD: list[dict[str, Any]] = [
    {"type": "session_started", "session_id": "k1", "seq": 1, "notebook": "a/01.ipynb"},
    {
        "status": "error",
        "session_id": "k1",
        "seq": 2,
        "notebook": "a/01.ipynb",
        "cell_id": "c-1",
        "exercise": "1.1",
        "execution_count": 3,
        "error_name": "NameError",
        "error_message": ODD,
        "duration_ms": 12.345678901234567,
        "occurred_at": "2026-03-02T08:59:58.123456Z",
        "code": "print('Ünï')\n\n",
        "code_sha256": "0a" * 32,
        "code_lines": 2,
        "code_chars": 14,
        "output": "",
        "hook_version": "0.1",
        "room": {"deep": [1, None, "x"]},
        "truncated": ["output"],
    },
    {"status": "error", "error_name": "SyntaxError", "error_message": "", "exercise": "1.1"},
    {"status": "interrupted", "student_id": "s 2; DROP", "exercise": ""},
    {"status": "ok", "exercise": "1.1", "session_id": "k1", "seq": 5},
    {
        "type": "check_result",
        "check_name": "sum",
        "passed": False,
        "points": 0.5,
        "points_possible": 2,
        "exercise": "1.1",
        "session_id": "k1",
        "seq": 6,
    },
    {"type": "check_result", "check_name": "all", "passed": True, "student_id": "s3"},
    {"type": "help_requested", "help_message": ODD, "exercise": "1.1"},
    {"type": "help_resolved"},
    {"type": "heartbeat", "session_id": "k1", "seq": 7},
    {"type": "session_ended", "session_id": "k1", "seq": 8},
]


@pytest.fixture
def every_field() -> list[dict[str, Any]]:
    """Return events that use every field, as a client sends them."""
    return [json.loads(json.dumps(fields)) for fields in EVERY_FIELD]


@pytest.fixture
def opened(lake: Lake, tmp_path: Path) -> Callable[..., Any]:
    """Return the context manager that opens course `demo` for an export."""
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)

    def opening(snapshot: int | None = None, course: str = "demo") -> Any:
        return open_course(lake.settings, course, scratch, snapshot)

    return opening


@pytest.fixture
def exported(opened: Callable[..., Any], tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes course `demo` in a format and returns the folder."""
    made: list[Path] = []

    def write(
        format_of: Callable[[CourseSource, Path, Callable[[int], None]], None],
        snapshot: int | None = None,
    ) -> Path:
        folder = tmp_path / f"out{len(made)}"
        folder.mkdir()
        made.append(folder)
        with opened(snapshot) as source:
            format_of(source, folder, lambda _: None)
        return folder

    return write
