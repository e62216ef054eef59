"""The push of xAPI statements to a real learning record store, by real processes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from redis import Redis

from flows.cli import cli
from flows.log.reader import LogReader
from flows.xapi.vocabulary import VERBS

RUN = {"course_id": "demo", "student_id": "s1", "status": "ok", "exercise": "1.1"}
PASSED = RUN | {"type": "check_result", "check_name": "sum", "passed": True}


def behind(pipeline: Any) -> dict[str, int]:
    """Return how many events each store lacks."""
    with Redis.from_url(pipeline.redis_url, protocol=2) as redis:
        log = LogReader(redis)
        return {store: log.lag(position).events for store, position in log.committed().items()}


def test_statements_reach_ralph_once_through_its_and_our_own_absence(
    idle_pipeline: Any,
    idle_ralph: Any,
    running: Callable[..., Any],
    wait_until: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While it is away it lags alone, and the log waits; then it has what an export has.

    A worker that is killed is followed by one that goes on where it was.
    """
    caught_up = {"influxdb": 0, "postgres": 0, "lake": 0, "lrs": 0}
    password = idle_ralph.settings.password.get_secret_value()
    push = {
        "CELLPULSE_LRS_URL": idle_ralph.settings.url,
        "CELLPULSE_LRS_USER": idle_ralph.settings.user,
        "CELLPULSE_LRS_PASSWORD": password,
        "CELLPULSE_HOME_URL": "https://cellpulse.example.org",
        "CELLPULSE_LOG_KEEP": "0",
    }
    environment = idle_pipeline.environment | push
    monkeypatch.setattr(type(idle_pipeline), "environment", property(lambda _: environment))
    idle_pipeline.start("ingest", "relay", "worker")
    idle_pipeline.post([RUN] * 60 + [PASSED, PASSED])
    lags = caught_up | {"lrs": 62}
    wait_until(lambda: behind(idle_pipeline) == lags, "the other stores")
    shown = CliRunner(env=environment).invoke(cli, ("status", "--json"))
    stores = json.loads(shown.output)["stores"]
    assert {store["name"]: store["lag_events"] for store in stores} == lags
    log = ("XLEN", "progress-events:log")
    assert idle_pipeline.redis_cli(*log).strip() == "62"
    with running(idle_ralph.part, tmp_path / "ralph.log"):
        wait_until(lambda: behind(idle_pipeline) == caught_up, "the statements")
        wait_until(lambda: idle_pipeline.redis_cli(*log).strip() == "0", "the log to be trimmed")
        assert len(idle_ralph.statements()) == 63
        idle_pipeline.processes["worker"].kill()
        idle_pipeline.stop("worker")
        idle_pipeline.post([RUN | {"student_id": "s2"}, PASSED])
        idle_pipeline.start("worker")
        wait_until(lambda: behind(idle_pipeline) == caught_up, "the new worker", 90)
    pushed = idle_ralph.statements()
    assert len(pushed) == len({statement["id"] for statement in pushed}) == 65
    assert sum(statement["verb"]["id"] == VERBS["completed"] for statement in pushed) == 1
    out = tmp_path / "out"
    arguments = ("--format", "xapi", "--course", "demo", "--out", str(out))
    done = CliRunner(env=environment).invoke(cli, ("export", *arguments))
    assert done.exit_code == 0, done.output
    exported = map(json.loads, (out / "statements.jsonl").read_text().splitlines())
    assert list(exported) == pushed
    logs = (idle_pipeline.folder / "worker.log").read_text()
    assert password not in logs
    assert "lrs stays behind" in logs
