"""`cellpulse rejected`, on what real processes set aside."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from flows.commands.rejected import printable, shortened

WaitUntil = Callable[..., None]
RUN = {"course_id": "demo", "student_id": "s1", "status": "ok"}


def entries(pipeline: Any, *arguments: str) -> list[dict[str, Any]]:
    done = pipeline.cellpulse("rejected", "list", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_a_strangers_text_can_do_nothing_to_a_terminal() -> None:
    """Escapes, line breaks and marks that reorder text are shown, not obeyed; length is kept."""
    assert printable("\x1b[31m\x9bé学\u202e\n") == "\\x1b[31m\\x9bé学\\u202e\\n"
    assert shortened("a\n b" * 1_000, 10) == "a ba ba b…"


def test_what_was_published_wrongly_is_mended_and_replayed(
    pipeline: Any, wait_until: WaitUntil
) -> None:
    """It is listed safely, shown in full, replayed with a patch, and then in every store."""
    pipeline.publish(json.dumps(RUN | {"status": "fine\u202e"}, ensure_ascii=False))
    wait_until(lambda: len(entries(pipeline)) == 1, "it")
    [entry] = entries(pipeline)
    for command in (("list",), ("show", entry["id"])):
        shown = pipeline.cellpulse("rejected", *command).stdout
        assert entry["id"] in shown
        assert "status" in shown
        assert "fine\\u202e" in shown
        assert "\u202e" not in shown
    refused = pipeline.cellpulse("rejected", "replay", entry["id"])
    assert (refused.returncode, len(entries(pipeline))) == (1, 1)
    assert "stays: status" in refused.stdout
    done = pipeline.cellpulse("rejected", "replay", "--all", "--patch", '{"status": "ok"}')
    assert done.returncode == 0, done.stderr
    assert "1 replayed, 0 still set aside" in done.stdout
    assert entries(pipeline) == []
    wait_until(lambda: pipeline.runs_by_api() == 1, "the lake")
    wait_until(lambda: pipeline.psql("SELECT runs FROM student_states") == "1", "PostgreSQL")
    assert pipeline.cellpulse("rejected", "list").stdout == "nothing was set aside\n"


def test_what_each_store_refused_is_there_once_after_a_replay(
    pipeline: Any, wait_until: WaitUntil
) -> None:
    """An event that a fault of PostgreSQL refused, and one that none could read, are made up for.

    The table's own rule stands for the fault that is mended before the replay.
    """
    pipeline.psql("ALTER TABLE students ADD CONSTRAINT fault CHECK (student_id <> 's2')")
    pipeline.post([RUN, RUN | {"student_id": "s2", "status": "error"}, RUN])
    pipeline.redis_cli("XADD", "progress-events:log", "*", "event", '{"status":"ok"}')
    pipeline.post(RUN | {"student_id": "s3"})
    wait_until(lambda: len(entries(pipeline)) == 2, "two entries")
    wait_until(lambda: pipeline.psql("SELECT sum(runs) FROM student_states") == "3", "the rest")
    wait_until(lambda: pipeline.runs_by_api() == 4, "the lake")
    assert {entry["source"] for entry in entries(pipeline)} == {"postgres", "log"}
    [entry] = entries(pipeline, "--source", "postgres")
    assert "violates check constraint" in entry["reason"]
    assert pipeline.cellpulse("rejected", "replay", entry["id"]).returncode == 1
    pipeline.psql("ALTER TABLE students DROP CONSTRAINT fault")
    done = pipeline.cellpulse("rejected", "replay", "--all", "--source", "postgres")
    assert done.returncode == 0, done.stdout
    query = "SELECT runs, errors, error_streak FROM student_states WHERE student_id = 's2'"
    assert pipeline.psql(query) == "1|1|1"
    event = RUN | {
        "student_id": "s2",
        "event_id": "01936a3e-0000-7000-8000-000000000001",
        "occurred_at": (now := datetime.now(UTC).isoformat()),
        "received_at": now,
    }
    patched = pipeline.cellpulse("rejected", "replay", "--all", "--patch", json.dumps(event))
    assert patched.returncode == 0, patched.stdout + patched.stderr
    assert pipeline.psql(query) == "2|1|0"
    assert pipeline.runs_by_api() == 5
    assert pipeline.points() == 5
    assert entries(pipeline) == []


def test_entries_are_dropped_only_on_purpose(idle_pipeline: Any) -> None:
    """Dropping says how many went; a wrong id, a missing --yes or a lost Redis is one line."""
    for number in range(3):
        fields = ("raw", str(number), "reason", "r", "source", "channel")
        idle_pipeline.redis_cli("XADD", "progress-events:rejected", f"{number + 1}-0", *fields)
    wrong = idle_pipeline.cellpulse("rejected", "drop", "9-9")
    assert wrong.returncode == 1
    [line] = wrong.stderr.splitlines()
    assert "9-9" in line
    assert idle_pipeline.cellpulse("rejected", "drop", "--all").returncode != 0
    assert idle_pipeline.cellpulse("rejected", "replay").returncode != 0
    assert idle_pipeline.cellpulse("rejected", "drop", "2-0").stdout == "1 dropped\n"
    assert [entry["id"] for entry in entries(idle_pipeline, "--limit", "1")] == ["3-0"]
    assert idle_pipeline.cellpulse("rejected", "drop", "--all", "--yes").stdout == "2 dropped\n"
    idle_pipeline.redis_url = "redis://127.0.0.1:1/0"
    for command in ("list", "show 1-0", "drop 1-0", "replay 1-0"):
        away = idle_pipeline.cellpulse("rejected", *command.split())
        assert away.returncode == 1
        assert len(away.stderr.splitlines()) == 1


@pytest.mark.parametrize("patch", ["{", "[]"])
def test_a_patch_that_is_no_object_is_refused(idle_pipeline: Any, patch: str) -> None:
    """What --patch takes is named."""
    done = idle_pipeline.cellpulse("rejected", "replay", "1-0", "--patch", patch)
    assert done.returncode != 0
    assert "--patch" in done.stderr
