"""`python -m analytics.serve`: the API as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from analytics import serve
from flows.embedded.part import free_port

COMMAND = (sys.executable, "-m", "analytics.serve")
SECRET = "a secret that is for these tests only"
NOBODY = "postgresql://someone:hunter2@127.0.0.1:1/class"


def environment(directory: Path, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CELLPULSE_")}
    given = {"DATA_DIR": str(directory), "SECRET": SECRET, "POSTGRES_URL": NOBODY} | settings
    return kept | {f"CELLPULSE_{name}": value for name, value in given.items()}


@contextmanager
def served(
    directory: Path, wait_until: Callable[..., None], **settings: str
) -> Iterator[tuple[str, Path]]:
    port, log = free_port(), directory / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            COMMAND,
            env=environment(directory, API_PORT=str(port), **settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return httpx.get(f"{address}/healthz").is_success
        except httpx.TransportError:
            return process.poll() is not None

    try:
        wait_until(answers, "the API")
        assert process.poll() is None, log.read_text()
        yield address, log
    finally:
        process.terminate()
        process.wait(60)


def test_the_process_answers_and_logs_no_address_and_no_token(
    known_class: Any,
    bearer: Callable[..., dict[str, str]],
    tmp_path: Path,
    wait_until: Callable[..., None],
) -> None:
    """A real server keeps encoded slashes apart, and neither ids, queries nor tokens in its log."""
    settings = {
        "POSTGRES_URL": known_class.settings.postgres_url,
        "LAKE_PATH": known_class.settings.lake_path,
    }
    headers = bearer()
    with served(tmp_path, wait_until, **settings) as (address, log):
        assert httpx.get(f"{address}/readyz").status_code == 200
        path = f"{address}/api/v1/courses/a%2Fb/students/c%2Fd/history?limit=17"
        response = httpx.get(path, headers=headers)
        assert (response.json()["course_id"], response.json()["student_id"]) == ("a/b", "c/d")
        assert httpx.get(f"{address}/docs").status_code == 200
    text = log.read_text()
    for private in ("limit=17", "c%2Fd", "c/d", headers["Authorization"].split()[1]):
        assert private not in text


def test_the_process_starts_also_while_postgresql_is_away(
    tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    """It lives, is not ready and says why, without the password."""
    with served(tmp_path, wait_until) as (address, log):
        response = httpx.get(f"{address}/readyz")
    assert response.status_code == 503
    assert "does not answer" in response.json()["detail"]
    assert "starting without the lake" in log.read_text()
    assert "hunter2" not in response.text + log.read_text()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET", ""),
        ("SECRET", "short"),
        ("POSTGRES_URL", ""),
        ("POSTGRES_URL", "sqlite://"),
        ("API_PORT", "eighty"),
        ("API_PORT", "0"),
        ("API_PORT", "65536"),
    ],
)
def test_a_bad_setting_is_one_line_that_names_it(
    name: str,
    value: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A setting that is missing or wrong stops the start with exit code 2."""
    for setting, given in environment(tmp_path, **{name: value}).items():
        monkeypatch.setenv(setting, given)
    monkeypatch.setattr(sys, "argv", ["serve"])
    with pytest.raises(SystemExit) as stopped:
        serve.main()
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"CELLPULSE_{name}" in line


def test_help_names_the_options_and_their_defaults(tmp_path: Path) -> None:
    """`--help` is complete and exits 0."""
    done = subprocess.run(
        (*COMMAND, "--help"),
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    for word in ("--host", "127.0.0.1", "--port", "8001"):
        assert word in done.stdout
