"""A hundred events a request, as hooks send what they kept: how many a second the ingest takes."""

import subprocess
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from redis import Redis

from bench.events import cell_runs
from bench.line import OURS, Aim, Figures, Line, Row, Scale, Sides
from bench.lines.ingest_single import take_events
from bench.load.wrk import CONNECTIONS
from bench.servers import SECRET, ours, redis
from ingest_api.event_log import Candidate
from ingest_api.events import ProgressEvent

_BATCH: Final = 100


@contextmanager
def _prepare(folder: Path, scale: Scale) -> Sides:
    seconds, appends = scale.of(3.0, 1.0), scale.of(100_000, 1_000)
    [sent] = islice(cell_runs(), 1)
    stored = Candidate.encode(ProgressEvent.model_validate(sent), datetime.now(UTC)).json
    with redis(folder) as log:
        environment = {"CELLPULSE_REDIS_URL": log.url, "CELLPULSE_SECRET": SECRET}
        with (
            ours(folder, "ingest_api.serve", environment) as ingest,
            Redis.from_url(log.url) as client,
        ):

            def events() -> Figures:
                return {"events": take_events(client, ingest.url, seconds, _BATCH)}

            def pipelined() -> Figures:
                client.flushall()
                begin = time.perf_counter()
                subprocess.run(
                    (
                        *("redis-benchmark", "-p", str(log.port), "-n", str(appends), "-q"),
                        *("-c", str(CONNECTIONS), "-P", str(_BATCH)),
                        *("XADD", "bench:log", "*", "event", stored),
                    ),
                    check=True,
                    capture_output=True,
                )
                return {"events": appends / (time.perf_counter() - begin)}

            yield {OURS: events, "pipelined XADD": pipelined}


LINE: Final = Line(
    "ingest-batches",
    (
        Row(
            "ingest-batches of 100",
            "events",
            "events/s",
            "pipelined XADD",
            Aim("ratio", "at least", 0.35),
        ),
    ),
    _prepare,
)
