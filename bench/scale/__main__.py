"""`python -m bench.scale`: many students at real rates against the running system.

Prints what each part cost and how late stores and pages were, as JSON.
"""

import asyncio
import json
import signal
import sys
import tempfile
import time
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any, Final

import click
from redis import Redis

from bench.compare import BadMeasurementError
from bench.load.instructors import Instructor
from bench.load.open_model import Latencies, send_when_due
from bench.machine import commit, machine
from bench.scale.delayed_network import delayed_network
from bench.scale.deployment import MACHINES, Deployment, deployed
from bench.scale.lesson import plans, requests
from bench.servers import wait_until
from flows.log.reader import LogReader
from flows.redis_client import connect_redis
from flows.settings import STORES
from ingest_api.event_log import COUNTS, LOG

_CONNECTIONS: Final = 256
_CATCH_UP_SECONDS: Final = 120.0


@click.command()
@click.option("--students", default=10_000, show_default=True, help="In classes of 500.")
@click.option("--minutes", default=10.0, show_default=True, help="How long they work.")
@click.option("--instructors", default=5, show_default=True, help="Each watches another class.")
@click.option(
    "--apart-ms",
    type=float,
    help="Ingest, flows, API and stores each in a network namespace, packets so late (as root).",
)
def scale(students: int, minutes: float, instructors: int, apart_ms: float | None) -> None:
    """Play a lesson of many students against the whole platform, and say what it took."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with ExitStack() as started:
        addresses = None
        if apart_ms is not None:
            addresses = started.enter_context(delayed_network(MACHINES, apart_ms / 1_000))
        temporary = tempfile.TemporaryDirectory(
            prefix="cellpulse-scale-", ignore_cleanup_errors=True
        )
        folder = Path(started.enter_context(temporary))
        deployment = started.enter_context(deployed(folder, addresses))
        try:
            found = _lesson(deployment, folder, students, minutes, instructors)
        except BadMeasurementError as error:
            sys.exit(f"bench.scale: {error}")
    about = {"machine": machine(), "commit": commit(), "students": students, "minutes": minutes}
    about |= {"instructors": instructors, "apart_ms": apart_ms}
    click.echo(json.dumps(about | found, indent=1))


def _lesson(
    deployment: Deployment, folder: Path, students: int, minutes: float, instructors: int
) -> dict[str, Any]:
    classes = plans(students, minutes)
    number = sum(len(plan.events) for plan in classes)
    watching = [
        Instructor(deployment.ingest, deployment.api, classes[each % len(classes)].course_id)
        for each in range(instructors)
    ]
    with connect_redis(deployment.redis_url) as log:
        reader = LogReader(log)
        empty = _sizes(folder)
        before = {name: part.cpu_seconds() for name, part in deployment.parts.items()}
        own, begin = time.process_time(), time.perf_counter()
        answers, late = asyncio.run(_play(deployment.ingest, requests(classes), watching, reader))
        seconds, own = time.perf_counter() - begin, time.process_time() - own
        wait_until(lambda: _lateness(reader) == 0, "the stores to catch up", _CATCH_UP_SECONDS)
        used = {name: part.cpu_seconds() - before[name] for name, part in deployment.parts.items()}
        grown = {name: size - empty[name] for name, size in _sizes(folder).items()}
        kept = _kept(log, grown, number)
    pages = {
        "row_in_live_list_s": _shares([each for one in watching for each in one.arrived]),
        "numbers_s": _shares([each for one in watching for each in one.fresh]),
        "answer_s": _shares([each for one in watching for each in one.answers]),
        "refused": sum(one.refused for one in watching),
    }
    return {
        "seconds": round(seconds, 1),
        "events": number,
        "events_a_second": round(number / seconds, 1),
        "answer_of_the_ingest_ms": _shares(answers.ms),
        "slowest_store_late_s": _shares(late),
        "pages": pages,
        "core_percent": {name: round(each / seconds * 100, 1) for name, each in used.items()},
        "core_percent_of_this_load": round(own / seconds * 100, 1),
        "memory_mb": {name: round(each.memory_mb()) for name, each in deployment.parts.items()},
        **kept,
    }


async def _play(
    ingest: str, due: Any, watching: list[Instructor], reader: LogReader
) -> tuple[Latencies, list[float]]:
    """Send what is due while instructors watch; return the answers' times and the stores' lag."""
    late: list[float] = []

    async def look() -> None:
        while True:
            late.append(await asyncio.to_thread(_lateness, reader))
            await asyncio.sleep(0.5)

    async with AsyncExitStack() as pages:
        for instructor in watching:
            await pages.enter_async_context(instructor.watching())
        looking = asyncio.create_task(look())
        answers = await send_when_due(ingest, due, _CONNECTIONS)
        looking.cancel()
    return answers, late


def _lateness(reader: LogReader) -> float:
    """Return how many seconds the slowest store is behind."""
    committed = reader.committed()
    return max(reader.lag(committed.get(store, "0-0")).seconds for store in STORES)


def _kept(log: Redis, grown: dict[str, int], number: int) -> dict[str, Any]:
    """Return what is stored of the events.

    Raises:
        BadMeasurementError: Not each of them was accepted, or not once.
    """
    counts = {_text(name): int(each) for name, each in log.hgetall(COUNTS).items()}
    if counts.get("accepted") != number or counts.get("duplicates", 0):
        raise BadMeasurementError(f"of {number} events the log counts {counts}")
    sizes = {"log in memory": log.memory_usage(LOG, samples=0) or 0, **grown}
    return {
        "counts": counts,
        "bytes_an_event": {name: round(size / number) for name, size in sizes.items()},
    }


def _sizes(folder: Path) -> dict[str, int]:
    """Return how many bytes on disk each store takes, before any maintenance."""
    return {
        name: sum(file.stat().st_size for file in (folder / name).rglob("*") if file.is_file())
        for name in ("redis", "postgres", "influxdb", "lake")
    }


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name


def _shares(values: list[float]) -> dict[str, float]:
    found = Latencies(values or [0.0])
    named = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {name: round(found.percentile(share), 3) for name, share in named.items()}


if __name__ == "__main__":
    scale()
