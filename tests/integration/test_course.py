"""A registered course on its whole way: from its notebooks to each store and the API."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

RUN = {"course_id": "demo", "student_id": "s1", "status": "ok", "notebook": "w1/1.ipynb"}
VERSIONS = "progress-events:course-versions"


def _write_course(folder: Path) -> Path:
    folder.mkdir()
    cells = [
        {"cell_type": "markdown", "id": "t", "metadata": {}, "source": "## Add two"},
        {"cell_type": "code", "id": "a", "metadata": {"tags": ["exercise:add"]}, "source": "x"},
        {"cell_type": "code", "id": "e", "metadata": {}, "source": "print(1)"},
        {"cell_type": "code", "id": "b", "metadata": {"tags": ["exercise:also"]}, "source": "y"},
    ]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    (folder / "1.ipynb").write_text(json.dumps(notebook))
    return folder


def test_a_registered_course(pipeline: Any, wait_until: Callable[..., None]) -> None:
    """Runs, adopted ones too, count where the registration says; the rest is outside; all agree."""
    folder = _write_course(pipeline.folder / "notebooks")
    done = pipeline.cellpulse("course", "register", str(folder), "--course", "demo")
    assert done.returncode == 0, done.stderr
    assert "2 exercises (2 new)" in done.stdout

    def last() -> dict[str, Any]:
        pipeline.post(RUN | {"cell_id": "a", "exercise": "whatever"})
        text = pipeline.redis_cli("XREVRANGE", "progress-events:log", "+", "-", "COUNT", "1")
        event: dict[str, Any] = json.loads(text.splitlines()[2])
        return event

    wait_until(lambda: last()["exercise"] == "add", "the ingest to notice", 5)
    pipeline.post(RUN | {"cell_id": "e", "exercise": "add"})
    pipeline.post(RUN | {"cell_id": "scratch", "exercise": "Add two", "exercise_by": "heading"})
    pipeline.publish(RUN | {"cell_id": "a", "student_id": "s2", "exercise": "other"})
    pipeline.publish(RUN | {"cell_id": "e", "student_id": "s2", "exercise": "other"})
    wait_until(lambda: pipeline.runs_by_api() >= 5, "the API")

    def exercises() -> list[tuple[str, str | None, int]]:
        listed = pipeline.get("/courses/demo/exercises")["exercises"]
        return [(e["exercise"], e["title"], e["started"]) for e in listed]

    wait_until(
        lambda: ("add", "Add two", 2) in exercises() and pipeline.runs_by_api() >= 5,
        "both students",
    )
    assert exercises()[:2] == [("add", "Add two", 2), ("also", "Add two", 0)]
    assert "other" not in [name for name, _, _ in exercises()]
    events = pipeline.get("/courses/demo/events")["events"]
    outside = [event for event in events if event["cell_id"] in ("e", "scratch")]
    assert len(outside) == 3
    for event in outside:
        assert event["exercise"] is None
        assert event["extra"]["reported_exercise"] in ("add", "Add two", "other")
    audit = pipeline.cellpulse("audit")
    assert audit.returncode == 0, audit.stdout

    versions = pipeline.redis_cli("HGETALL", VERSIONS)
    pipeline.redis_cli("DEL", VERSIONS, "progress-events:course-contents")
    wait_until(lambda: pipeline.redis_cli("HGETALL", VERSIONS) == versions, "the worker to heal it")
