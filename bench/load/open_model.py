"""Requests at a constant rate, whatever becomes of the ones before: how long each takes.

Each has a time at which it is meant to begin, and its latency counts from there. A server that
stands still so delays all that were meant to come meanwhile, as it would delay people; a loop that
sends the next request after the last answer would hide that (coordinated omission).
"""

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from bench.compare import BadMeasurementError

#: How long the last answers may take, in seconds.
_LATEST_SECONDS: Final = 30.0
#: From the call to the first request.
LEAD_SECONDS: Final = 0.1
#: A line that was idle for longer is not used again: the baselines' servers close it after 5 s.
_IDLE_SECONDS: Final = 4.0


@dataclass
class Latencies:
    """How long requests took, in milliseconds, from when each was meant to begin."""

    ms: list[float] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Return the latency that `share` of the requests did not exceed."""
        ordered = sorted(self.ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def send(url: str, requests: Iterable[bytes], rate: float, connections: int) -> Latencies:
    """Send requests at `rate` a second; see `send_when_due`."""
    due = ((number / rate, request) for number, request in enumerate(requests))
    return await send_when_due(url, due, connections)


async def send_when_due(
    url: str, requests: Iterable[tuple[float, bytes]], connections: int
) -> Latencies:
    """Send each request at its time, over some connections that stay open.

    Args:
        url: Whose host and port are connected to.
        requests: Each with the second at which it begins, in order, and with its head, as it goes
            over the line; the first second is `LEAD_SECONDS` from now.
        connections: How many requests can be under way; later ones wait, and their time counts.

    Raises:
        BadMeasurementError: A request was not answered by 2xx.
    """
    loop = asyncio.get_running_loop()
    waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    latencies = Latencies()
    where = urlsplit(url)

    async def work() -> None:
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        used = loop.time()
        try:
            while True:
                meant, request = await waiting.get()
                if reader.at_eof() or loop.time() - used > _IDLE_SECONDS:
                    writer.close()
                    reader, writer = await asyncio.open_connection(where.hostname, where.port)
                writer.write(request)
                await _answer(reader)
                used = loop.time()
                latencies.ms.append((used - meant) * 1000)
                waiting.task_done()
        finally:
            writer.close()

    try:
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(work()) for _ in range(connections)]
            begin = loop.time() + LEAD_SECONDS
            for due, request in requests:
                meant = begin + due
                if (early := meant - loop.time()) > 0:
                    await asyncio.sleep(early)
                waiting.put_nowait((meant, request))
            await asyncio.wait_for(waiting.join(), _LATEST_SECONDS)
            for worker in workers:
                worker.cancel()
    except ExceptionGroup as failures:
        first = failures.exceptions[0]
        if isinstance(first, TimeoutError):
            first = BadMeasurementError(f"the last answers took over {_LATEST_SECONDS:.0f} s")
        raise first from None
    return latencies


def post(path: str, token: str, body: bytes) -> bytes:
    """Return a request that posts JSON, as it goes over the line."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(path: str, token: str, *, cache: str | None = None) -> bytes:
    """Return a request that reads, as it goes over the line.

    Args:
        path: The address, without the server's.
        token: A read token.
        cache: How new the answer has to be, as `Cache-Control` says it.
    """
    head = f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
    if cache is not None:
        head += f"Cache-Control: {cache}\r\n"
    return f"{head}\r\n".encode()


async def _answer(reader: asyncio.StreamReader) -> bytes:
    with contextlib.suppress(asyncio.IncompleteReadError):
        head = await reader.readuntil(b"\r\n\r\n")
        status, _, headers = head.partition(b"\r\n")
        length = _content_length(headers)
        body = await reader.readexactly(length)
        if status.split(b" ", 2)[1].startswith(b"2"):
            return body
        raise BadMeasurementError(f"a request got {status.decode()}: {body[:300]!r}")
    raise BadMeasurementError("a server closed the line")


def _content_length(headers: bytes) -> int:
    for line in headers.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise BadMeasurementError("an answer has no length")
