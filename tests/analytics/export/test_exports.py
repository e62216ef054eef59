"""`/courses/{course_id}/exports`: a course as files, made beside the class by a process."""

import asyncio
import io
import json
import logging
import os
import time
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from analytics.api import create_app
from analytics.export import jobs as export_jobs
from analytics.export.jobs import ExportJobs
from analytics.export.responses import ExportRequest
from analytics.settings import ApiSettings
from flows.stores.lake_attach import attach_lake

ENDED = {"done", "failed", "stopped"}
STUCK = "import sys; sys.stdin.read()"


@pytest.fixture
def settings(known_class: Any, tmp_path: Path) -> ApiSettings:
    """Return the settings of an API over the known class, with a folder for exports."""
    found: ApiSettings = known_class.settings
    return found.model_copy(update={"exports_path": str(tmp_path / "exports")})


@pytest.fixture
async def app(settings: ApiSettings) -> AsyncIterator[FastAPI]:
    """Return an API over the known class."""
    app = create_app(settings)
    yield app
    await asyncio.to_thread(app.state.exports.close)
    app.state.lake.close()


@pytest.fixture
async def exporting(app: FastAPI, bearer: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of it, with a token for every course."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://api/api/v1", headers=bearer(), timeout=60
    ) as client:
        yield client


async def ended(client: httpx.AsyncClient, course: str, export: dict[str, Any]) -> dict[str, Any]:
    """Wait until an export does not run any more, and return what it says."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        answer = await client.get(f"/courses/{course}/exports/{export['export_id']}")
        found: dict[str, Any] = answer.json()
        if found["state"] in ENDED:
            return found
        await asyncio.sleep(0.05)
    pytest.fail("the export does not end")


async def started(client: httpx.AsyncClient, course: str = "py", **asked: Any) -> dict[str, Any]:
    answer = await client.post(f"/courses/{course}/exports", json={"format": "csv"} | asked)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


def kept_files(settings: ApiSettings, export: dict[str, Any]) -> set[str]:
    return {path.name for path in Path(settings.exports_path, export["export_id"]).iterdir()}


async def test_an_export_is_made_listed_and_taken(
    exporting: httpx.AsyncClient, settings: ApiSettings, caplog: pytest.LogCaptureFixture
) -> None:
    """Of the section and the time that were asked for; the log says who took what out."""
    caplog.set_level(logging.INFO)
    export = await started(
        exporting, section="A", **{"from": "2024-03-04T09:00Z", "to": "2024-03-04T09:03:30.1Z"}
    )
    assert export["state"] == "running"
    busy = await exporting.post("/courses/py/exports", json={"format": "csv"})
    assert (busy.status_code, "is running" in busy.json()["detail"]) == (409, True)
    early = await exporting.get(f"/courses/py/exports/{export['export_id']}/file")
    assert early.status_code == 409
    done = await ended(exporting, "py", export)
    assert (done["state"], done["detail"], done["section"]) == ("done", None, "A")
    assert done["done"] == done["total"] == 8
    listed = (await exporting.get("/courses/py/exports")).json()["exports"]
    assert listed == [done]
    file = await exporting.get(f"/courses/py/exports/{export['export_id']}/file")
    assert file.headers["content-type"] == "application/zip"
    assert len(file.content) == done["file_bytes"]
    with zipfile.ZipFile(io.BytesIO(file.content)) as packed:
        assert packed.testzip() is None
        assert {"README.md", "events.csv", "data_dictionary.csv"} <= set(packed.namelist())
        assert b"section 'A'" in packed.read("README.md")
    assert kept_files(settings, export) == {"order.json", "progress.json", "lock", "export.zip"}
    lines = [record.getMessage() for record in caplog.records if "export " in record.getMessage()]
    assert f"export {export['export_id']}: course 'py' as csv (section 'A'" in lines[0]
    assert lines[1].endswith("taken by a token that was handed out")


@pytest.mark.parametrize("name", ["parquet", "progsnap2", "xapi"])
async def test_every_format_can_be_had(exporting: httpx.AsyncClient, name: str) -> None:
    """They are those of `cellpulse export`."""
    done = await ended(exporting, "py", await started(exporting, format=name))
    assert (done["state"], done["detail"]) == ("done", None)


async def test_a_bundle_names_nobody_or_says_why_there_is_none(
    exporting: httpx.AsyncClient,
) -> None:
    """With fewer than k students there is none."""
    few = await ended(exporting, "py", await started(exporting, format="bundle", study="s"))
    assert few["state"] == "failed"
    assert "fewer than" in few["detail"] or "students" in few["detail"]
    done = await ended(exporting, "py", await started(exporting, format="bundle", study="s", k=2))
    assert (done["state"], done["detail"]) == ("done", None)
    file = await exporting.get(f"/courses/py/exports/{done['export_id']}/file")
    with zipfile.ZipFile(io.BytesIO(file.content)) as packed:
        texts = b"".join(packed.read(name) for name in packed.namelist() if name.endswith(".csv"))
    assert b"student-" in texts
    assert b"Lovelace" not in texts


@pytest.mark.parametrize(
    ("course", "asked", "status", "says"),
    [
        ("py", {"format": "xml"}, 422, "format"),
        ("py", {"format": "bundle"}, 422, "a bundle needs a study"),
        ("py", {"format": "bundle", "study": "a\nb"}, 422, "study"),
        ("py", {"format": "bundle", "study": " "}, 422, "study"),
        ("py", {"format": "bundle", "study": "\x00"}, 422, "study"),
        ("py", {"format": "bundle", "study": "s", "k": 1}, 422, "k"),
        ("py", {"format": "csv", "from": "2024-03-05", "to": "2024-03-04"}, 422, "before"),
        ("py", {"format": "csv", "from": "yesterday"}, 422, "from"),
        ("py", {"format": "csv", "out": "/tmp"}, 422, "out"),
        ("py", {"format": "csv", "section": "Z"}, 404, "no such section"),
        ("none", {"format": "csv"}, 404, "no such course"),
    ],
)
async def test_what_cannot_be_exported_is_said_before_it_is_started(
    exporting: httpx.AsyncClient, course: str, asked: dict[str, Any], status: int, says: str
) -> None:
    """The answer names what is wrong."""
    answer = await exporting.post(f"/courses/{course}/exports", json=asked)
    assert answer.status_code == status
    assert says in answer.text


async def test_a_time_without_events_fails_with_what_to_do(exporting: httpx.AsyncClient) -> None:
    """It is known only when the events are read."""
    export = await started(exporting, **{"from": "2030-01-01T00:00Z"})
    failed = await ended(exporting, "py", export)
    assert failed["state"] == "failed"
    assert "a longer time" in failed["detail"]
    file = await exporting.get(f"/courses/py/exports/{export['export_id']}/file")
    assert (file.status_code, file.json()["detail"]) == (409, failed["detail"])


async def test_a_course_without_events_names_no_other(
    app: FastAPI, exporting: httpx.AsyncClient
) -> None:
    """One with a roster alone: whoever asks may not see the courses that have events."""
    export = app.state.exports.start("chemistry", ExportRequest(format="csv"), "ada")
    failed = await ended(exporting, "chemistry", {"export_id": export.export_id})
    assert failed["state"] == "failed"
    assert failed["detail"].startswith("the course has no events yet: run a cell")
    assert "py" not in failed["detail"]


@pytest.mark.parametrize("export_id", ["0" * 32, "x", "..", "%2e%2e%2fpy"])
async def test_an_export_that_is_not_there_is_not_found(
    exporting: httpx.AsyncClient, export_id: str
) -> None:
    """Nor is what leads out of the folder, nor another course's."""
    for address in ("", "/file"):
        answer = await exporting.get(f"/courses/py/exports/{export_id}{address}")
        assert answer.status_code == 404


async def test_only_who_reads_the_whole_course_sees_its_exports(
    exporting: httpx.AsyncClient, bearer: Any
) -> None:
    """A student's token does not, nor does one of another course, by whatever address."""
    export = await started(exporting)
    await ended(exporting, "py", export)
    for headers in (bearer(course="py", student="ada"), bearer(course="sorted")):
        for address in ("", f"/{export['export_id']}", f"/{export['export_id']}/file"):
            answer = await exporting.get(f"/courses/py/exports{address}", headers=headers)
            assert answer.status_code == 403
        answer = await exporting.post(
            "/courses/py/exports", json={"format": "csv"}, headers=headers
        )
        assert answer.status_code == 403
    other = await exporting.get(f"/courses/sorted/exports/{export['export_id']}")
    assert other.status_code == 404


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let exports wait for the end of the API."""
    run = export_jobs.subprocess.Popen

    def start(command: tuple[str, ...], **options: Any) -> Any:
        return run((command[0], "-c", STUCK), **options)

    monkeypatch.setattr(export_jobs.subprocess, "Popen", start)


@pytest.mark.usefixtures("stuck")
def test_an_export_ends_with_the_api_and_says_so(settings: ApiSettings) -> None:
    """The next API knows that it was stopped, and starts another one."""
    first = ExportJobs(settings)
    request = ExportRequest(format="csv")
    export = first.start("py", request, "ada")
    second = ExportJobs(settings)
    assert second.find("py", export.export_id).state == "running"
    first.close()
    stopped = second.find("py", export.export_id)
    assert (stopped.state, stopped.started_by) == ("stopped", "ada")
    assert stopped.detail is not None
    assert "start it again" in stopped.detail
    assert second.start("py", request, None).state == "running"
    second.close()


@pytest.mark.usefixtures("stuck")
def test_only_so_many_exports_run_at_once(settings: ApiSettings) -> None:
    """Each course has one, and all of them together two."""
    jobs = ExportJobs(settings)
    request = ExportRequest(format="csv")
    for course in ("a", "b"):
        jobs.start(course, request, None)
    with pytest.raises(export_jobs.Problem, match="2 exports are running, and no more") as busy:
        jobs.start("c", request, None)
    assert (busy.value.status, busy.value.headers) == (429, {"Retry-After": "10"})
    jobs.close()


def test_files_are_kept_for_a_day_and_within_bounds(
    settings: ApiSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too old ones and the oldest of too many are deleted; what else lies there is left alone."""
    folder = Path(settings.exports_path)
    now = datetime.now(UTC)
    for number, age in enumerate((0, 1, 2, 30)):
        place = folder / f"{number:032x}"
        place.mkdir(parents=True)
        started = (now - timedelta(hours=age)).timestamp()
        order = {"course_id": "py", "started_by": None, "started_at": started}
        (place / "order.json").write_text(json.dumps(order | {"request": {"format": "csv"}}))
        (place / "progress.json").write_text(json.dumps({"is_ended": True}))
        (place / "lock").touch()
        (place / "export.zip").write_bytes(b"x" * 10)
    (folder / "notes").mkdir()
    jobs = ExportJobs(settings)
    assert [each.export_id[-1] for each in jobs.of_course("py")] == ["0", "1", "2"]
    monkeypatch.setattr(export_jobs, "KEPT_BYTES", 20)
    assert [each.export_id[-1] for each in jobs.of_course("py")] == ["0", "1"]
    assert sorted(each.name[-1] for each in folder.iterdir()) == ["0", "1", "s"]


def test_a_folder_that_cannot_be_written_is_a_clear_problem(
    settings: ApiSettings, tmp_path: Path
) -> None:
    """The export is not started, and the answer says whom to tell."""
    (tmp_path / "file").touch()
    jobs = ExportJobs(settings.model_copy(update={"exports_path": str(tmp_path / "file")}))
    with pytest.raises(export_jobs.Problem, match="tell the operator"):
        jobs.start("py", ExportRequest(format="csv"), None)


@pytest.fixture
def long_course(stores: Any, tmp_path: Path) -> ApiSettings:
    """Return settings of an API over a course `long`, whose statements take many seconds."""
    at = datetime(2024, 3, 4, 9, tzinfo=UTC)
    stores.write(stores.log(at, course_id="long", student_id="ada", status="ok"))
    found: ApiSettings = stores.settings
    with attach_lake(found.postgres_url, found.lake_path, read_only=False) as lake:
        lake.execute(
            "INSERT INTO lake.events "
            "SELECT events.* REPLACE (position_ns + number AS position_ns) "
            "FROM lake.events, range(1, 400001) AS further (number)"
        )
    return found.model_copy(update={"exports_path": str(tmp_path / "exports")})


def test_an_export_of_another_api_is_cancelled_too(long_course: ApiSettings) -> None:
    """Its process finds the note, and ends; what it leaves goes when it is looked at next."""
    first, second = ExportJobs(long_course), ExportJobs(long_course)
    export = first.start("long", ExportRequest(format="xapi"), "ada")
    [process] = first._processes.values()
    cancelled = second.cancel("long", export.export_id, "grace")
    assert (cancelled.state, cancelled.cancelled_by) == ("cancelled", "grace")
    assert process.wait(60) == 1
    assert first.of_course("long") == [second.find("long", export.export_id)]
    place = Path(long_course.exports_path, export.export_id)
    assert {path.name for path in place.iterdir()} <= {
        "order.json",
        "progress.json",
        "lock",
        "cancelled.json",
    }
    first.close()
    second.close()


async def test_an_export_that_has_ended_stays_when_it_is_cancelled(
    exporting: httpx.AsyncClient,
) -> None:
    """Its file can still be taken; one that is not there is not found."""
    done = await ended(exporting, "py", await started(exporting))
    address = f"/courses/py/exports/{done['export_id']}"
    assert (await exporting.post(f"{address}/cancel")).json() == done
    assert (await exporting.get(f"{address}/file")).status_code == 200
    assert (await exporting.post(f"/courses/py/exports/{'0' * 32}/cancel")).status_code == 404
    assert (await exporting.post(address.replace("py", "sorted") + "/cancel")).status_code == 404


async def test_an_export_goes_on_with_low_priority(
    exporting: httpx.AsyncClient, app: FastAPI
) -> None:
    """Whatever it computes, the answers go first."""
    export = await started(exporting)
    [process] = app.state.exports._processes.values()
    highest = 0
    while process.poll() is None:
        try:
            highest = max(highest, os.getpriority(os.PRIO_PROCESS, process.pid))
        except ProcessLookupError:
            break
        await asyncio.sleep(0.01)
    await ended(exporting, "py", export)
    assert highest >= 10
