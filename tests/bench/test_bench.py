"""The benchmark's harness, tried on tiny sizes: that it measures, not what."""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.__main__ import bench
from bench.compare import BadMeasurementError, Result, compare
from bench.line import OURS, Aim, Line, Row, Scale, Sides
from bench.plot import write_plot
from bench.registry import LINES
from bench.report import table, write_json

AIM = Aim("ratio", "at least", 2)
ROW = Row("made up", "events", "events/s", "other", AIM)


def made_up(ours: list[float], other: list[float]) -> Line:
    @contextmanager
    def prepare(_: Path, __: Scale) -> Sides:
        yield {OURS: lambda: {"events": ours.pop(0)}, "other": lambda: {"events": other.pop(0)}}

    return Line("made-up", (ROW,), prepare)


@pytest.mark.parametrize("line", ["ingest-cost", "api", "big-lake"])
def test_one_line_runs_from_the_command_line(tmp_path: Path, line: str) -> None:
    """One line starts its servers, measures both sides and writes what a reviewer reads.

    Those that ask the product's own queries elsewhere too, which a change of them can break.
    """
    command = (sys.executable, "-m", "bench", "--only", line, "--tiny")
    done = subprocess.run(
        (*command, "--output", str(tmp_path)), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"\n{line} " in done.stdout
    results = json.loads((tmp_path / "results.json").read_text())
    assert set(results) == {"machine", "commit", "lines"}
    assert results["machine"]["cores"] > 0
    names = {"name", "unit", "ours", "baseline", "baseline_name", "ratio", "spread", "aim"}
    for row in results["lines"]:
        assert set(row) == names | {"meets_aim", "state"}
        low, high = row["spread"]
        assert 0 < low <= row["ratio"] <= high
    assert (tmp_path / "results.svg").read_text().startswith("<svg")


def test_a_small_lesson_is_played_against_all_parts() -> None:
    """Every run is accepted once, instructors' numbers come to count it, and each part is named."""
    command = (sys.executable, "-m", "bench.scale", "--students", "50", "--minutes", "0.2")
    done = subprocess.run(
        (*command, "--instructors", "1"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["events"] == found["counts"]["accepted"] > 0
    assert found["pages"]["row_in_live_list_s"]["max"] > 0
    assert {"ingest", "relay", "worker", "api", "redis", "postgres"} <= set(found["core_percent"])
    assert found["bytes_an_event"]["log in memory"] > 0


def test_an_unknown_line_gets_one_clear_line() -> None:
    """A name that is not there is answered with those that are, and nothing is measured."""
    done = CliRunner().invoke(bench, ["--only", "nothing"])
    assert done.exit_code == 1
    assert done.output.count("\n") == 1
    assert "there is no line 'nothing'" in done.output
    assert "ingest-single" in done.output


def test_every_row_belongs_to_its_line() -> None:
    """Lines are found by their name, and each row begins with it."""
    assert len({line.name for line in LINES}) == len(LINES)
    assert all(row.name.startswith(line.name) for line in LINES for row in line.rows)


def test_the_ratio_is_the_median_of_each_repeat_and_the_first_is_left_out() -> None:
    """A machine that is slow for one repeat slows both sides of it, and the ratio stays."""
    [result] = compare(made_up([99, 20, 2, 30], [1, 10, 1, 10]), Scale(repeats=3))
    assert (result.ours, result.baseline) == (20, 10)
    assert (result.ratio, result.spread) == (2, (2, 3))
    assert result.meets_aim


def test_a_baseline_of_nothing_is_no_measurement() -> None:
    """Nothing is divided by nothing: the row is refused by its name."""
    with pytest.raises(BadMeasurementError, match="made up: the baseline other measured nothing"):
        compare(made_up([1, 1], [1, 0]), Scale(repeats=1))


def test_a_missed_aim_shows_in_table_json_and_plot(tmp_path: Path) -> None:
    """What was not reached is said as plainly as what was."""
    missed = Result(ROW, is_warm=True, ours=15, baseline=10, ratio=1.5, spread=(1.4, 1.6))
    assert "at least 2 of the baseline  NO" in table([missed])
    write_json(tmp_path / "results.json", [missed], {}, "abc")
    [line] = json.loads((tmp_path / "results.json").read_text())["lines"]
    assert (line["meets_aim"], line["aim"]) == (False, "at least 2 of the baseline")
    write_plot(tmp_path / "results.svg", [missed])
    assert "made up" in (tmp_path / "results.svg").read_text()
    assert Aim("ours", "at most", 2).is_met(ours=2, ratio=100)
