"""The researchers' notebook: it runs on real data, while the class goes on, and on none."""

import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from analytics import connect
from flows.logged_event import LoggedEvent
from flows.stores.lake import LakeWriter
from ingest_api.events import ProgressEvent, StoredEvent

PROJECT = Path(__file__).parents[2]
NOTEBOOK = PROJECT / "notebooks" / "research" / "01-class-at-a-glance.ipynb"
START = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)


@pytest.fixture
def lake_of_the_environment(
    postgres_url: str, lake_path: str, monkeypatch: pytest.MonkeyPatch
) -> LakeWriter:
    """Make an empty lake that the environment names, and return its writer."""
    monkeypatch.setenv("CELLPULSE_POSTGRES_URL", postgres_url)
    monkeypatch.setenv("CELLPULSE_LAKE_PATH", lake_path)
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    writer = LakeWriter(postgres_url, lake_path)
    writer.position()
    return writer


def run(number: int, student: str, exercise: str | None, **fields: Any) -> LoggedEvent:
    moment = START + timedelta(seconds=number)
    event = ProgressEvent(course_id="c", student_id=student, exercise=exercise, **fields)
    position = f"{round(moment.timestamp() * 1000)}-0"
    return LoggedEvent(position, StoredEvent.accept(event, moment))


def executed() -> Any:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    return NotebookClient(notebook, timeout=120, kernel_name="python3").execute()


def snapshot_of(notebook: Any) -> tuple[int, ...]:
    text = "".join(
        output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])
    )
    line = re.search(r"Snapshot (\d+): (\d+) events of (\d+) students in (\d+) courses", text)
    assert line, text
    return tuple(int(number) for number in line.groups())


def charts_of(notebook: Any) -> list[list[dict[str, Any]]]:
    specifications = [
        specification
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for kind, specification in output.get("data", {}).items()
        if kind.startswith("application/vnd.vegalite")
    ]
    return [rows for chart in specifications for rows in chart["datasets"].values()]


def test_it_shows_known_events_while_a_writer_goes_on(lake_of_the_environment: LakeWriter) -> None:
    """Every number is that of the snapshot that it prints, whatever is committed meanwhile."""
    writer = lake_of_the_environment
    known = [
        run(0, "ada", "1.2", status="ok"),
        run(1, "ada", "1.10", status="error", error_name="NameError"),
        run(2, "bob", "1.10", status="error", error_name="NameError"),
        run(3, "bob", None, status="error"),
        run(4, "bob", "1.2", type="check_result", check_name="n", passed=True),
    ]
    writer.apply(known, known[-1].position)
    done = threading.Event()

    def go_on() -> None:
        number = len(known)
        while not done.is_set():
            later = run(number, "cy", "1.2", status="interrupted")
            writer.apply([later], later.position)
            number += 1

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        notebook = executed()
    finally:
        done.set()
        thread.join()

    snapshot, events, students, courses = snapshot_of(notebook)
    later = events - len(known)
    assert (students, courses) == (3 if later else 2, 1)
    with connect() as lake:
        query = f"SELECT count(*) FROM lake.events AT (VERSION => {snapshot})"
        assert lake.sql(query).fetchone() == (events,)
        newest = lake.sql("SELECT count(*) FROM events").fetchone()
    assert newest is not None
    assert newest[0] > events, "nothing was written while the notebook ran"

    exercises, errors, timeline = charts_of(notebook)
    assert [(row["exercise"], row["runs"], row["errors"]) for row in exercises] == [
        ("1.2", 1 + later, 0),
        ("1.10", 2, 2),
    ]
    assert [(row["error"], row["runs"], row["students"]) for row in errors] == [
        ("NameError", 2, 2),
        ("(no name)", 1, 1),
    ]
    runs = dict.fromkeys(("ok", "error", "interrupted"), 0)
    for row in timeline:
        runs[row["status"]] += row["runs"]
    assert runs == {"ok": 1, "error": 3, "interrupted": later}


@pytest.mark.usefixtures("lake_of_the_environment")
def test_it_runs_on_an_empty_lake() -> None:
    """Before the first event every cell works and shows nothing."""
    notebook = executed()
    _, *counts = snapshot_of(notebook)
    assert counts == [0, 0, 0]
    assert [row for chart in charts_of(notebook) for row in chart] == []


def test_it_is_kept_without_outputs() -> None:
    """The notebook in the repository holds no data of any class."""
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
