"""The most that a server takes: `wrk` keeps each of its connections busy.

It is a closed model, so it tells a rate and not how long somebody waits at a lower one.
"""

import json
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.compare import BadMeasurementError
from bench.servers import SECRET
from ingest_api.tokens import Grant, issue_token

CONNECTIONS: Final = 64
_EVENTS: Final = Path(__file__).with_name("events.lua")


@dataclass(frozen=True)
class Rate:
    """What a server took.

    Attributes:
        requests: How many were answered with success.
        a_second: The same, a second.
    """

    requests: int
    a_second: float


def post_events(url: str, seconds: float, events_a_request: int = 1) -> Rate:
    """Post new events for some seconds over `CONNECTIONS` connections.

    Raises:
        BadMeasurementError: There is no wrk, or not every request succeeded.
    """
    if shutil.which("wrk") is None:
        raise BadMeasurementError("there is no wrk on the PATH; install it (Debian: wrk)")
    token = issue_token(SECRET, Grant("ingest", "demo"))
    said = subprocess.run(
        (
            *("wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--timeout", "10s"),
            *("--duration", f"{seconds:g}s", "--script", str(_EVENTS), url, "--"),
            *(secrets.token_hex(4) + "-" + secrets.token_hex(2), token, str(events_a_request)),
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    found = said.stdout.rpartition("RESULT ")[2]
    if said.returncode or not found:
        raise BadMeasurementError(f"wrk failed: {(said.stderr or said.stdout).strip()[-300:]}")
    result = json.loads(found)
    if result["refused"] or result["broken"]:
        raise BadMeasurementError(f"{url}: not every request succeeded: {result}")
    return Rate(result["requests"], result["requests"] / (result["microseconds"] / 1e6))
