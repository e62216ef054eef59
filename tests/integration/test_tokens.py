"""Tokens with the real processes: handed out, listed, ended, revoked, and never in a log."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from flows.cli import cli
from ingest_api.tokens import Grant, issue_token
from tests.integration.conftest import SECRET

RUN = {"course_id": "demo", "student_id": "s1", "status": "ok"}


def test_tokens_are_handed_out_listed_and_revoked(
    pipeline: Any, wait_until: Callable[..., None]
) -> None:
    """A revoked token is refused by ingest, API and WebSocket, also after a loss of Redis."""
    made: list[str] = []

    def new(*options: str) -> str:
        done = pipeline.cellpulse("token", *options)
        assert done.returncode == 0, done.stderr
        made.append(done.stdout.strip())
        return made[-1]

    def listed() -> list[str]:
        return str(pipeline.cellpulse("token", "list").stdout).splitlines()

    def post(token: str) -> httpx.Response:
        header = {"Authorization": f"Bearer {token}"}
        return httpx.post(f"{pipeline.ingest}/student-progress", json=RUN, headers=header)

    def read(token: str) -> httpx.Response:
        header = {"Authorization": f"Bearer {token}"}
        return httpx.get(f"{pipeline.api}/api/v1/courses", headers=header)

    sender = new("--scope", "ingest", "--course", "demo", "--student", "s1", "--expires", "30")
    reader = new("--scope", "read", "--course", "*")
    assert (post(sender).status_code, read(reader).status_code) == (202, 200)
    # Of the same second, in which both may have been made, either can be the first.
    first, second = sorted(listed(), key=lambda line: "  read  " in line)
    assert "  ingest  course demo  student s1  issued 20" in first
    assert "  ends 20" in first
    assert second.endswith("  does not end")
    live = f"{pipeline.ingest.replace('http', 'ws')}/ws/dashboard?course_id=demo&token={reader}"
    with connect(live) as feed:
        for line in (first, second):
            assert pipeline.cellpulse("token", "revoke", line.split()[0]).returncode == 0
        with pytest.raises(ConnectionClosed) as closed:
            feed.recv(30)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "the token has ended")
    wait_until(lambda: (post(sender).status_code, read(reader).status_code) == (401, 401), "it")
    assert "revoked; ask the course's operator for another" in post(sender).json()["detail"]
    assert all("  revoked 20" in line for line in listed())

    unrecorded = issue_token(SECRET, Grant("read", "demo"))
    made.append(unrecorded)
    assert read(unrecorded).status_code == 200
    assert pipeline.cellpulse("token", "revoke", unrecorded).returncode == 0
    wait_until(lambda: read(unrecorded).status_code == 401, "it")

    keys = "progress-events:revoked-tokens", "progress-events:revoked-tokens-version"
    pipeline.redis_cli("DEL", *keys)
    wait_until(lambda: pipeline.redis_cli("SCARD", keys[0]).strip() == "3", "the worker to heal it")
    pipeline.stop("api")
    pipeline.start("api")
    assert read(reader).status_code == 401

    logs = "".join(each.read_text() for each in pipeline.folder.glob("*.log"))
    assert [token for token in made if token in logs] == []


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ([], 2, "name --scope and --course"),
        (["--scope", "read"], 2, "name --scope and --course"),
        (["--scope", "read", "--course", "py", "--expires", "0"], 2, "0 is not in the range"),
        (["revoke", "nobody"], 1, "no token with the id 'nobody' is known"),
        (["revoke", "a.b.c"], 1, "the token was not issued by this installation"),
    ],
)
def test_a_wrong_command_says_what_to_do(
    run_token: Callable[..., Any], arguments: list[str], code: int, sentence: str
) -> None:
    """Each mistake is told, and nothing is handed out or revoked."""
    result = run_token(*arguments)
    assert result.exit_code == code
    assert sentence in result.output
    assert run_token("list").output == "no tokens\n"


def test_a_token_can_be_read_from_the_input(run_token: Callable[..., Any]) -> None:
    """So it stands in no shell's history; one that has ended is not revoked."""
    token = run_token("--scope", "read", "--course", "py").output.strip()
    result = run_token("revoke", "-", input=f"{token}\n")
    assert result.exit_code == 0, result.output
    assert "  revoked 20" in run_token("list").output
    assert token not in run_token("list").output


@pytest.fixture
def run_token(postgres_url: str, redis_url: str) -> Callable[..., Any]:
    """Return a function that runs `cellpulse token` on empty stores."""
    environment = {
        "CELLPULSE_POSTGRES_URL": postgres_url,
        "CELLPULSE_REDIS_URL": redis_url,
        "CELLPULSE_SECRET": SECRET,
    }
    return lambda *arguments, **more: CliRunner().invoke(
        cli, ["token", *arguments], env=environment, **more
    )
