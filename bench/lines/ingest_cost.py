"""What the ingest costs at a rate that is normal for a large class, and how long answers take."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path
from typing import Final

from redis import Redis

from bench.events import COURSE, cell_runs
from bench.line import OURS, Aim, Figures, Line, Row, Scale, Sides
from bench.load.open_model import post, send
from bench.servers import SECRET, Server, ours, redis
from ingest_api.tokens import Grant, issue_token

#: Events a second. Half of the aim's thousand, so that the naive one keeps up on a small machine;
#: the figures are for a thousand.
_RATE: Final = 500
_CONNECTIONS: Final = 64


@contextmanager
def _prepare(folder: Path, scale: Scale) -> Sides:
    seconds = scale.of(4.0, 0.3)
    seeds = count()
    with redis(folder) as log:
        environment = {"CELLPULSE_REDIS_URL": log.url, "CELLPULSE_SECRET": SECRET}
        with (
            ours(folder, "ingest_api.serve", environment) as ingest,
            ours(folder, "bench.baselines.naive_ingest", environment) as naive,
            Redis.from_url(log.url) as client,
        ):

            def cost_of(server: Server) -> Figures:
                client.flushall()
                requests = list(_requests(next(seeds), int(_RATE * seconds)))
                before = server.cpu_seconds()
                latencies = asyncio.run(send(server.url, requests, _RATE, _CONNECTIONS))
                used = server.cpu_seconds() - before
                return {
                    "cpu": used / len(requests) * 1_000 * 1_000,
                    "memory": server.memory_mb(),
                    "p50": latencies.percentile(0.5),
                    "p99": latencies.percentile(0.99),
                }

            yield {OURS: lambda: cost_of(ingest), "naive ingest": lambda: cost_of(naive)}


def _requests(seed: int, number: int) -> Iterator[bytes]:
    token = issue_token(SECRET, Grant("ingest", COURSE))
    for event in islice(cell_runs(seed), number):
        yield post("/student-progress", token, json.dumps(event).encode())


_HALF: Final = Aim("ratio", "at most", 0.5)
LINE: Final = Line(
    "ingest-cost",
    (
        Row("ingest-cost processor", "cpu", "ms/1,000 events", "naive ingest", _HALF),
        Row("ingest-cost memory", "memory", "MB", "naive ingest", _HALF),
        Row("ingest-cost latency p50", "p50", "ms", "naive ingest"),
        Row("ingest-cost latency p99", "p99", "ms", "naive ingest"),
    ),
    _prepare,
)
