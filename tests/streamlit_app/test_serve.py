import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from streamlit_app.sign_in.gate import COOKIE

COMMAND = [sys.executable, "-m", "streamlit_app.serve"]


def _environment(directory: Path, **settings: str) -> dict[str, str]:
    return {**os.environ, "CELLPULSE_DATA_DIR": str(directory), **settings}


@pytest.mark.parametrize(
    ("name", "value"),
    [("CELLPULSE_DASHBOARD_PORT", "eighty"), ("CELLPULSE_API_URL", "somewhere")],
)
def test_a_bad_setting_stops_the_start_with_one_line(tmp_path: Path, name: str, value: str) -> None:
    """A bad setting ends the process with exit code 2 and one line that names it."""
    environment = _environment(tmp_path, **{name: value})
    ended = subprocess.run(COMMAND, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert name in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_port_in_use_stops_the_start_with_one_line(tmp_path: Path) -> None:
    """A port in use ends the process with exit code 2 and one line that names the setting."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [*COMMAND, "--port", port],
            env=_environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert "CELLPULSE_DASHBOARD_PORT" in ended.stderr
    assert port in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_sigterm_stops_it(
    tmp_path: Path, api_url: str, running_dashboard: Callable[..., Any]
) -> None:
    """SIGTERM ends the process, quietly, although a browser holds its connection open."""
    cookie = {"Cookie": f"{COOKIE}=read-token-of-the-instructor"}
    with running_dashboard(tmp_path, CELLPULSE_API_URL=api_url) as (process, address, log):
        stream = address.replace("http", "ws") + "/_stcore/stream"
        with connect(stream, additional_headers=cookie):
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        assert process.returncode in (0, -signal.SIGTERM)
        assert log.read_text() == ""


def test_what_starts_slowly_and_is_not_needed_is_not_imported() -> None:
    """A grammar of addresses, by which jsonschema delays whatever imports Altair, stays away."""
    seen = "import sys, streamlit_app, jsonschema; print(sys.modules.get('lark'))"
    command = (sys.executable, "-c", seen)
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "None"
