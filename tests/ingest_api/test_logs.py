"""The log's two forms, what is cut from both, and settings that are wrong."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from ingest_api.logs import JsonFormatter, TextFormatter
from ingest_api.tokens import Grant, issue_token

TOKEN = issue_token("a-secret-that-only-the-tests-know", Grant("read", "*"))
LEAKS = (
    f"GET /?token={TOKEN}",
    f"Authorization: Bearer {TOKEN}",
    f"it was {TOKEN}, he said",
    "Token 0123456789abcdef0123 is not known",
    "postgresql://cellpulse:0123456789abcdef0123@db:5432/x does not answer",
    "password=0123456789abcdef0123",
    "?code=0123456789abcdef0123&state=x",
)


def record(message: str, **about: str) -> logging.LogRecord:
    made = logging.LogRecord("flows.x", logging.WARNING, "x.py", 1, message, (), None)
    made.__dict__.update(about)
    return made


@pytest.mark.parametrize("leak", LEAKS)
def test_tokens_and_passwords_are_cut_from_both_forms(leak: str) -> None:
    """Also from the message of an error, by whomever it was raised."""
    failed = record("failed")
    failed.exc_info = (ValueError, ValueError(leak), None)
    for form in (JsonFormatter("worker"), TextFormatter()):
        for each in (record(leak), failed):
            line = form.format(each)
            assert TOKEN not in line
            assert "0123456789abcdef0123" not in line
            assert "[" in line


def test_an_ordinary_message_stays_as_it_is() -> None:
    """Nothing is cut that only looks a little like a secret."""
    said = "the token has ended: ask for another one at https://school.example:8501/x?course=a"
    assert json.loads(JsonFormatter("api").format(record(said)))["message"] == said


def test_a_json_line_is_one_line_and_says_what_it_is_about() -> None:
    """Line breaks are escaped; what is not known is left out."""
    line = JsonFormatter("worker").format(record("two\nlines", store="lake", position="1-0"))
    assert "\n" not in line
    told = json.loads(line)
    assert told.pop("time").endswith("+00:00")
    assert told == {
        "level": "warning",
        "process": "worker",
        "logger": "flows.x",
        "message": "two\nlines",
        "store": "lake",
        "position": "1-0",
    }
    assert TextFormatter().format(record("x", store="lake")).endswith("WARNING x [store=lake]")


@pytest.mark.parametrize(
    ("process", "setting"),
    [("ingest_api.serve", "CELLPULSE_LOG_FORMAT"), ("flows.relay", "CELLPULSE_LOG_LEVEL")],
)
def test_a_form_that_is_not_known_stops_the_start_with_one_line(
    process: str, setting: str, tmp_path: Path
) -> None:
    """A typo does not lead to a log that nothing can read."""
    environment = {
        "CELLPULSE_DATA_DIR": str(tmp_path),
        "CELLPULSE_REDIS_URL": "redis://127.0.0.1:1/0",
        "CELLPULSE_SECRET": "x" * 32,
        setting: "yaml",
    }
    ended = subprocess.run(
        (sys.executable, "-m", process),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    assert ended.stderr.count("\n") == 1
    assert f"{setting} is 'yaml'" in ended.stderr
