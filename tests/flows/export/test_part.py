"""An export of a section or of a span of time."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from flows.cli import cli
from flows.export.errors import ExportError
from flows.export.part import Part
from flows.export.source import open_course
from flows.export.tabular import export_parquet
from flows.log.logged_event import LoggedEvent
from flows.stores.postgres import PostgresWriter, engine_for
from tests.flows.export.conftest import NINE_O_CLOCK, Lake

CHECK: dict[str, Any] = {"type": "check_result", "check_name": "a", "exercise": "1"}


@pytest.fixture(scope="module")
def halves(module_lake: Lake) -> Lake:
    """Return a course of two students, of whom s2 is in a section whose name breaks SQL."""
    run: dict[str, Any] = {"exercise": "1"}
    sent = [
        run | {"status": "error"},
        run | {"status": "ok", "student_id": "s2"},
        CHECK | {"passed": True, "student_id": "s2"},
        run | {"status": "ok"},
        CHECK | {"passed": True, "student_id": "s2"},
        run | {"status": "ok", "course_id": "another"},
    ]
    logged: list[LoggedEvent] = module_lake.append(*sent)
    engine = engine_for(module_lake.settings.postgres_url)
    PostgresWriter(engine).apply(logged, logged[-1].position)
    engine.dispose()
    with psycopg.connect(module_lake.settings.postgres_url) as connection:
        connection.execute("UPDATE enrollments SET section = %s WHERE student_id = 's2'", ["B'--"])
    return module_lake


def tables(lake: Lake, part: Part, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of an export's files."""
    out = folder / "out"
    out.mkdir()
    with open_course(lake.settings, "demo", folder, None, part) as source:
        export_parquet(source, out, lambda _: None)
    return {file.stem: pq.read_table(file).to_pylist() for file in out.glob("*.parquet")}


def test_a_section_is_exported_as_a_course_of_its_own(halves: Lake, tmp_path: Path) -> None:
    """Events, rollups and master data are those of its students, and the README says so."""
    found = tables(halves, Part(section="B'--"), tmp_path)
    assert [row["student_id"] for row in found["students"]] == ["s2"]
    [rollup] = found["rollup_student_exercise"]
    assert (rollup["events"], rollup["runs"], rollup["checks_passed"]) == (3, 1, 2)
    assert sum(row["events"] for row in found["rollup_course_minute"]) == len(found["events"]) == 3
    readme = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "section" in readme
    assert "and nobody changes sections" in readme


def test_a_span_of_time_has_its_begin_in_it_and_its_end_not(halves: Lake, tmp_path: Path) -> None:
    """The rollups are those of the events in it."""
    start, until = (NINE_O_CLOCK + timedelta(seconds=second) for second in (1, 4))
    found = tables(halves, Part(start=start, until=until), tmp_path)
    assert len(found["events"]) == 3
    assert {row["student_id"]: row["runs"] for row in found["rollup_student_exercise"]} == {
        "s1": 1,
        "s2": 1,
    }


def test_the_rollups_of_a_part_that_is_everything_are_the_lakes(
    halves: Lake, tmp_path: Path
) -> None:
    """They are made by the statements that make the lake's."""
    for name in ("whole", "part"):
        (tmp_path / name).mkdir()
    whole = tables(halves, Part(), tmp_path / "whole")
    part = tables(halves, Part(start=NINE_O_CLOCK), tmp_path / "part")
    assert part == whole


def test_a_part_without_events_says_what_to_do(halves: Lake, tmp_path: Path) -> None:
    """It is another error than a course that is not there."""
    with (
        pytest.raises(ExportError, match="no events of section 'none': name another section"),
        open_course(halves.settings, "demo", tmp_path, None, Part(section="none")),
    ):
        pass


def test_the_command_takes_a_section_and_a_time(
    halves: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A time has its zone in it; what is none is named."""
    monkeypatch.setenv("CELLPULSE_POSTGRES_URL", halves.settings.postgres_url)
    monkeypatch.setenv("CELLPULSE_LAKE_PATH", halves.settings.lake_path)
    command = ["export", "--format", "csv", "--course", "demo", "--out", str(tmp_path / "out")]
    wrong = CliRunner().invoke(cli, [*command, "--from", "yesterday"])
    assert (wrong.exit_code, "'yesterday' is not a time" in wrong.output) == (2, True)
    given = ["--section", "B'--", "--to", "2026-03-02T18:00:02+09:00"]
    done = CliRunner().invoke(cli, [*command, *given])
    assert (done.exit_code, done.output.strip().split(":")[1].split()[0]) == (0, "1"), done.output
