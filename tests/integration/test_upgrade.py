"""Old tables with old data are upgraded while the ingest takes events, and there is a way back."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from flows.stores.lake_attach import attach_lake
from tests.integration.class_at_work import COURSE, at_work
from tests.integration.test_kept_data import MASTER

_KEPT: Final = Path(__file__).parents[1] / "data" / "data-folder-v1.tar.xz"
#: The version of the tables that the kept data was made with.
_OLD: Final = "0002"
#: The oldest version whose steps forward make again what a step back has taken away of states.
_BACK_TO: Final = "0003"


def migrate(pipeline: Any, *arguments: str) -> str:
    """Migrate the tables; return which version they have then."""
    done = pipeline.cellpulse("migrate", *arguments)
    assert done.returncode == 0, done.stderr
    return str(pipeline.psql("SELECT version_num FROM alembic_version"))


def states(pipeline: Any) -> list[str]:
    """Return where the students of the old courses are, as tests/data notes it."""
    lines: list[str] = pipeline.psql(MASTER["states"]).splitlines()
    return [line for line in lines if not line.startswith(COURSE)]


def lake_version(pipeline: Any) -> int:
    with attach_lake(pipeline.postgres_url, pipeline.lake_path, read_only=True) as lake:
        [(version,)] = lake.execute("SELECT version FROM lake.schema_version").fetchall()
    return int(version)


@pytest.fixture
def old(idle_pipeline: Any, tmp_path: Path) -> Any:
    """Return a platform on the tables and the data of the first version, with nothing started."""
    folder = tmp_path / "kept"
    with tarfile.open(_KEPT) as archive:
        archive.extractall(folder, filter="data")
    done = idle_pipeline.cellpulse("restore", str(folder / "backup"))
    assert done.returncode == 0, done.stderr
    assert migrate(idle_pipeline, "--back-to", _OLD) == _OLD
    return idle_pipeline


@pytest.mark.timeout(600)
def test_an_upgrade_under_load_loses_nothing_and_can_be_undone(
    old: Any, monkeypatch: pytest.MonkeyPatch, wait_until: Callable[..., None]
) -> None:
    """In the order of docs/operate.md, and even with a worker that was started too early."""
    noted = json.loads(_KEPT.with_name("data-folder-v1.json").read_text())["states"]
    rejected = old.cellpulse("rejected", "list", "--json").stdout
    old.start("ingest", "relay")
    with at_work(old, old.ingest, monkeypatch.setattr) as work:
        work.take_more()
        plan = old.cellpulse("migrate", "--plan").stdout.splitlines()
        assert plan[0] == f"the tables have version {_OLD}"
        # Started too early, it waits for its tables and sets nothing aside.
        old.start("worker")
        work.take_more()
        assert migrate(old) > _OLD
        old.start("api")
        wait_until(lambda: states(old) == noted, "the old events", 120)
        # Before version 0003 nobody kept when a student's last run was: the next one says it.
        for course, student in {tuple(line.split("|")[:2]) for line in noted}:
            run = {"course_id": course, "student_id": student, "status": "ok"}
            bearer = old.bearer("ingest", course=course)
            httpx.post(
                f"{old.ingest}/student-progress", json=run, headers=bearer
            ).raise_for_status()
        work.assert_kept()

        # The way back, and forward again: no event is lost on it.
        work.go_on()
        old.stop("worker", "api")
        work.take_more()
        assert migrate(old, "--back-to", _BACK_TO) == _BACK_TO
        assert lake_version(old) == 1
        work.take_more()
        assert migrate(old) > _BACK_TO
        old.start("worker", "api")
        work.take_more()
        work.assert_kept()
    assert old.cellpulse("rejected", "list", "--json").stdout == rejected
