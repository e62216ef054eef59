"""The researchers' notebooks: they run on a simulated class, while a class goes on, and on none."""

import ast
import os
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from analytics import connect
from flows.log.logged_event import LoggedEvent
from flows.stores.lake import LakeWriter
from ingest_api.events import ProgressEvent, StoredEvent
from tests.notebooks.conftest import BEGIN, PROJECT, ResearchLake

FOLDER = PROJECT / "notebooks" / "research"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def executed(path: Path, environment: dict[str, str], *then: str) -> list[Any]:
    """Execute a notebook, and then again for other courses in the same kernel."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=170, kernel_name="python3", record_timing=False)
    with client.setup_kernel(env=environment):
        done = [client.execute(cleanup_kc=False)]
        for course in then:
            turn = f"os.environ['CELLPULSE_COURSE'] = {course!r}"
            client.nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(turn)])
            client.execute(cleanup_kc=False)
            client.nb = nbformat.read(path, as_version=4)
            done.append(client.execute(cleanup_kc=False))
    return done


def settings_of(lake: ResearchLake, course: str) -> dict[str, str]:
    return os.environ | {
        "CELLPULSE_POSTGRES_URL": lake.postgres_url,
        "CELLPULSE_LAKE_PATH": lake.lake_path,
        "CELLPULSE_COURSE": course,
        "PYTHONPATH": str(PROJECT),
    }


def texts_of(notebook: Any) -> list[str]:
    """Return what the cells show as text, charts and the snapshot's line left out."""
    texts = []
    for cell in notebook.cells:
        if cell.cell_type != "code" or "read_from" in cell.source:
            continue
        for output in cell.outputs:
            data = output.get("data", {})
            if not any(kind.startswith("application/vnd.vegalite") for kind in data):
                texts.append(output.get("text") or data.get("text/plain", ""))
    return texts


def charts_of(notebook: Any) -> list[list[dict[str, Any]]]:
    specifications = [
        specification
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for kind, specification in output.get("data", {}).items()
        if kind.startswith("application/vnd.vegalite")
    ]
    return [rows for chart in specifications for rows in chart["datasets"].values()]


def test_there_are_five() -> None:
    """Class, errors, sequences, time to solve, attention."""
    assert [path.name[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_gives_the_numbers_that_are_kept_in_it(
    path: Path, simulated_lake: ResearchLake, pytestconfig: pytest.Config
) -> None:
    """Run on the simulated class, a notebook shows what the committed one shows.

    On a course in which nothing has happened yet every cell works and shows nothing.
    """
    of_empty_course = ["nothing-yet"] if path in NOTEBOOKS[:4] else []
    again, *empty = executed(path, settings_of(simulated_lake, "demo"), *of_empty_course)
    if pytestconfig.getoption("keep_notebooks", default=False):
        nbformat.write(again, path)
    kept = nbformat.read(path, as_version=4)
    assert texts_of(again) == texts_of(kept)
    assert charts_of(again) == charts_of(kept)
    assert any(texts_of(kept))
    assert all(rows for rows in charts_of(kept))
    assert [row for notebook in empty for chart in charts_of(notebook) for row in chart] == []


def test_a_notebook_reads_one_snapshot_while_a_writer_goes_on(
    postgres_url: str, lake_path: str
) -> None:
    """Every number is that of one snapshot, whatever is committed meanwhile."""
    writer = LakeWriter(postgres_url, lake_path)
    writer.position()
    lake = ResearchLake(postgres_url, lake_path, writer)
    done = threading.Event()

    def go_on() -> None:
        number = 0
        while not done.is_set():
            moment = BEGIN + timedelta(milliseconds=number)
            event = ProgressEvent(
                course_id="c",
                student_id="ada",
                exercise="1",
                status="error",
                error_name="NameError",
            )
            place = f"{round(BEGIN.timestamp() * 1000) + number}-0"
            writer.apply([LoggedEvent(place, StoredEvent.accept(event, moment))], place)
            number += 1

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        [notebook] = executed(NOTEBOOKS[0], settings_of(lake, "c"))
        exercises, errors, timeline = charts_of(notebook)
    finally:
        done.set()
        thread.join()
        writer.close()
    runs = [sum(row["runs"] for row in rows) for rows in (exercises, errors, timeline)]
    assert runs[0] == runs[1] == runs[2] > 0
    with connect(postgres_url, lake_path) as now:
        [(count,)] = now.sql("SELECT count(*) FROM events").fetchall()
    assert count > runs[0], "nothing was written while the notebook ran"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_is_short_and_pure_python(path: Path) -> None:
    """At most a dozen cells of code, none with magics, and none that failed when it was kept."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert len(cells) <= 12
    for cell in cells:
        ast.parse(cell.source)
        assert cell.execution_count
        assert all(output.output_type != "error" for output in cell.outputs)
