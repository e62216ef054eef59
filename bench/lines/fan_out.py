"""Every event of a course to 300 dashboards: from when it was meant to be sent to each of them."""

import asyncio
import base64
import json
import re
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path
from typing import Final, cast

import uvloop

from bench.compare import BadMeasurementError
from bench.events import COURSE, cell_runs
from bench.line import OURS, Aim, Figures, Line, Row, Scale, Sides
from bench.load.open_model import Latencies, post
from bench.servers import SECRET, Server, ours, redis
from ingest_api.event_log import CHANNEL
from ingest_api.tokens import Grant, issue_token

_RATE: Final = 500
_EVENTS_A_REQUEST: Final = 10
#: Of so many dashboards each message is looked at; of the others the bytes are counted.
_LOOKED_AT: Final = 5
_LATEST_SECONDS: Final = 30.0
_NUMBER: Final = re.compile(rb'"cell_id": ?"n(\d+)"')
_RESP_OK: Final = b":1\r\n"


class _Dashboard(asyncio.Protocol):
    """One connection: counts what comes, and of some notes when each event came."""

    def __init__(
        self, hello: bytes, greeting_ends: bytes, came: dict[int, list[float]] | None
    ) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.bytes = 0
        self._hello = hello
        self._greeting_ends = greeting_ends
        self._greeting = b""
        self._came = came
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(self._hello)

    def data_received(self, data: bytes) -> None:
        if not self.ready.done():
            self._greeting += data
            if self._greeting.endswith(self._greeting_ends):
                self.ready.set_result(None)
            return
        self.bytes += len(data)
        if self._came is None:
            return
        now = asyncio.get_running_loop().time()
        text = self._rest + data
        end = 0
        for found in _NUMBER.finditer(text):
            self._came.setdefault(int(found[1]), []).append(now)
            end = found.end()
        self._rest = text[end:]


@contextmanager
def _prepare(folder: Path, scale: Scale) -> Sides:
    dashboards, seconds = scale.of(300, 10), scale.of(4.0, 0.5)
    seeds = count()
    with redis(folder) as log:
        environment = {"CELLPULSE_REDIS_URL": log.url, "CELLPULSE_SECRET": SECRET}
        with ours(folder, "ingest_api.serve", environment) as ingest:

            def measured(server: Server, hello: bytes, ends: bytes, pack: _Pack) -> Figures:
                events = list(islice(cell_runs(next(seeds)), int(_RATE * seconds)))
                for number, event in enumerate(events):
                    event["cell_id"] = f"n{number}"
                parts = [
                    pack(events[start : start + _EVENTS_A_REQUEST])
                    for start in range(0, len(events), _EVENTS_A_REQUEST)
                ]
                before = server.cpu_seconds()
                latencies = uvloop.run(_watch(server, [hello] * dashboards, ends, parts))
                used = (server.cpu_seconds() - before) / seconds
                return {
                    "p50": latencies.percentile(0.5),
                    "p99": latencies.percentile(0.99),
                    "cpu": max(used, 0.01) * 100,  # the clock counts in hundredths
                }

            yield {
                OURS: lambda: measured(ingest, _handshake(), b"\r\n\r\n", _pack_post),
                "SUBSCRIBE": lambda: measured(log, _subscribe(), _RESP_OK, _pack_publish),
            }


_Pack = Callable[[Sequence[object]], bytes]


async def _watch(
    server: Server, hellos: Sequence[bytes], greeting_ends: bytes, parts: Sequence[bytes]
) -> Latencies:
    loop = asyncio.get_running_loop()
    host, port = "127.0.0.1", server.port
    came: dict[int, list[float]] = {}
    dashboards = []
    for number, hello in enumerate(hellos):
        noted = came if number < _LOOKED_AT else None
        _, dashboard = await loop.create_connection(
            lambda hello=hello, noted=noted: _Dashboard(hello, greeting_ends, noted),  # type: ignore[misc]
            host,
            port,
        )
        dashboards.append(dashboard)
    await asyncio.gather(*(dashboard.ready for dashboard in dashboards))

    reader, writer = await asyncio.open_connection(host, port)
    answers = asyncio.create_task(_read_away(reader))
    begin = loop.time() + 0.2
    meant = {}
    for number, part in enumerate(parts):
        at = begin + number * _EVENTS_A_REQUEST / _RATE
        if (early := at - loop.time()) > 0:
            await asyncio.sleep(early)
        writer.write(part)
        for within in range(_EVENTS_A_REQUEST):
            meant[number * _EVENTS_A_REQUEST + within] = at
    await _all_came(dashboards, came, len(meant))
    answers.cancel()
    writer.close()
    return Latencies([(at - meant[n]) * 1000 for n, times in came.items() for at in times])


async def _all_came(
    dashboards: Sequence[_Dashboard], came: dict[int, list[float]], events: int
) -> None:
    looked_at = min(_LOOKED_AT, len(dashboards))
    end = time.monotonic() + _LATEST_SECONDS
    while sum(map(len, came.values())) < events * looked_at or (
        len({dashboard.bytes for dashboard in dashboards}) > 1
    ):
        if time.monotonic() > end:
            raise BadMeasurementError(
                f"after {_LATEST_SECONDS:.0f} s some of {len(dashboards)} dashboards lack events"
            )
        await asyncio.sleep(0.02)


async def _read_away(reader: asyncio.StreamReader) -> None:
    while await reader.read(65_536):
        pass


def _handshake() -> bytes:
    token = issue_token(SECRET, Grant("read", COURSE))
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    return (
        f"GET /ws/dashboard?course_id={COURSE} HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    ).encode()


def _subscribe() -> bytes:
    return _resp(b"SUBSCRIBE", CHANNEL.encode())


def _pack_post(events: Sequence[object]) -> bytes:
    token = issue_token(SECRET, Grant("ingest", COURSE))
    return post("/student-progress", token, json.dumps(events).encode())


def _pack_publish(events: Sequence[object]) -> bytes:
    return b"".join(
        _resp(b"PUBLISH", CHANNEL.encode(), json.dumps(event).encode()) for event in events
    )


def _resp(*parts: bytes) -> bytes:
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)


LINE: Final = Line(
    "fan-out",
    (
        Row("fan-out latency p99", "p99", "ms", "SUBSCRIBE", Aim("ours", "at most", 150)),
        Row("fan-out latency p50", "p50", "ms", "SUBSCRIBE"),
        Row("fan-out processor", "cpu", "% of a core", "SUBSCRIBE"),
    ),
    _prepare,
)
