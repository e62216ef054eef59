"""`cellpulse simulate` and its options."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from flows.commands.simulate import simulate


def test_bad_parameters_are_one_line_and_nothing_is_written(tmp_path: Path) -> None:
    """A bad file of parameters ends the command with one line, before a truth is written."""
    bad, truth = tmp_path / "bad.toml", tmp_path / "truth.jsonl"
    bad.write_text("[break_chance]\nvalue = 2\n")
    result = CliRunner().invoke(simulate, ["--parameters", str(bad), "--ground-truth", str(truth)])
    assert result.exit_code == 1
    assert result.output.startswith(f"cellpulse: {bad}: break_chance.value: ")
    assert len(result.output.splitlines()) == 1
    assert not truth.exists()


def test_truth_has_the_times_of_the_play(
    ingest: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The truth that is written lies within the times of the events that were sent, with code."""
    monkeypatch.setenv("CELLPULSE_SECRET", "s" * 40)
    monkeypatch.setenv("CELLPULSE_INGEST_PORT", ingest.url.rsplit(":", 1)[1])
    truth = tmp_path / "truth.jsonl"
    result = CliRunner().invoke(
        simulate,
        [
            *[
                "--head-start",
                "20",
                "--minutes",
                "20",
                "--students",
                "12",
                "--seed",
                "1",
                "--with-code",
            ],
            *("--ground-truth", str(truth)),
        ],
    )
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]
    times = [event["occurred_at"].replace("Z", "+00:00") for event in ingest.accepted]
    assert lines
    for line in lines:
        assert min(times) <= line["begins_at"] < line["ends_at"]
    sent = {event["student_id"] for event in ingest.accepted}
    assert {line["student_id"] for line in lines} <= sent
    assert all("code" in event for event in ingest.accepted if event["type"] == "cell_run")
