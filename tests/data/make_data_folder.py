"""Makes `data-folder-v1.tar.xz`: what an installation of this version leaves, to be kept.

Run it as `python tests/data/make_data_folder.py` from the project, once for a version whose
formats are new; `tests/integration/test_kept_data.py` opens each that is here. It holds a backup,
in which every store is, and a spool that a dead kernel left.
"""

import asyncio
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cellpulse_hook.spool import Spool
from cellpulse_hook.spool_folder import folder_of
from redis import Redis

from flows.backup.make import make_backup
from flows.embedded.influxdb_server import influxdb_parts
from flows.embedded.part import Part, free_port
from flows.embedded.postgres_server import postgres_address, postgres_part
from flows.embedded.redis_server import redis_part
from flows.log.reader import LogReader
from flows.migrations.migrate import prepare_databases
from flows.settings import FlowsSettings, InfluxSettings
from flows.stores.lake import LakeWriter
from flows.worker.actors import open_stores
from flows.worker.drain import drain
from ingest_api.event_log import Candidate, EventLog, open_redis
from ingest_api.events import ProgressEvent

TARGET = Path(__file__).with_name("data-folder-v1.tar.xz")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KINDS: tuple[dict[str, Any], ...] = (
    {"status": "ok", "duration_ms": 2.5, "code": "print('学 😀')\n", "code_lines": 1},
    {"status": "error", "error_name": "NameError", "error_message": "name 'x' is not defined"},
    {"status": "interrupted", "duration_ms": 10},
    {"type": "check_result", "check_name": "c", "passed": True, "points": 1, "points_possible": 2},
    {"type": "help_requested", "help_message": "why?"},
    {"type": "heartbeat", "room": {"seat": [1, None, "é"]}},
    {"status": "error", "output": "o" * 5_000},
)


def event(number: int) -> ProgressEvent:
    """Return the event with a number: every kind, six students of two courses, and some gaps."""
    student = number % 6
    return ProgressEvent.model_validate(
        {
            "course_id": "demo" if student < 4 else "algebra",
            "student_id": f"s{student}",
            "session_id": f"k{student}",
            "seq": 1 + number // 6 + (number // 40),
            "exercise": f"1.{number % 4}",
            "notebook": f"course/0{number % 3}.ipynb",
            "occurred_at": START + timedelta(seconds=7 * number),
        }
        | KINDS[number % len(KINDS)]
    )


async def append(redis_url: str, first: int, count: int) -> None:
    """Append events as the ingest does, and set one message aside as the relay does."""
    client = open_redis(redis_url)
    log = EventLog(client, 400_000_000)
    received = START + timedelta(hours=1)
    await log.append([Candidate.encode(event(n), received) for n in range(first, first + count)])
    await log.reject('{"course_id":"demo"}', "student_id: Field required", source="channel")
    await client.aclose()


@contextmanager
def running(part: Part) -> Iterator[None]:
    """Run a server."""
    process = subprocess.Popen(part.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not part.answers():
            if process.poll() is not None:
                sys.exit(f"{part.name} does not start")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


def fill(settings: FlowsSettings) -> None:
    """Bring events into every store: some in Parquet files, some in the catalog, some to come."""
    prepare_databases(settings)
    stores = open_stores(settings)
    with Redis.from_url(settings.redis_url, protocol=2) as redis:
        log = LogReader(redis)
        for first in (0, 200):
            asyncio.run(append(settings.redis_url, first, 200))
            for store in stores:
                drain(log, store)
            for store in stores:
                if isinstance(store, LakeWriter) and first == 0:
                    store.maintain(30)
        log.reject("{}", "not an event", source="log", at="1-1")
        asyncio.run(append(settings.redis_url, 400, 20))
    for store in stores:
        store.close()


def leave_spool(root: Path) -> None:
    """Leave what a kernel that was killed leaves: ten events, of which the server has four."""
    spool = Spool(
        root, folder_of(root, "demo", "s1"), "0195f0a0-0000-7000-8000-000000000000", 10**6
    )
    for number in range(10):
        spool.append(
            '{"course_id":"demo","student_id":"s1","session_id":"k9",',
            {"type": "cell_run", "status": "ok", "exercise": f"1.{number}"},
        )
    spool.acknowledge(4)
    spool.close()


def main() -> None:
    """Make the file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        redis_port, postgres_port = free_port(), free_port()
        influx = influxdb_parts(folder / "influxdb", "127.0.0.1")
        with (
            running(redis_part(folder / "redis", "127.0.0.1", redis_port)),
            running(postgres_part(folder / "postgres", "127.0.0.1", postgres_port)),
            running(influx.parts[0]),
            running(influx.parts[-1]),
        ):
            influx.set_up()
            settings = FlowsSettings(
                CELLPULSE_REDIS_URL=f"redis://127.0.0.1:{redis_port}/0",
                CELLPULSE_POSTGRES_URL=postgres_address(
                    folder / "postgres", "127.0.0.1", postgres_port
                ),
                CELLPULSE_LAKE_PATH=str(folder / "lake"),
                influx=InfluxSettings(
                    INFLUXDB_URL=influx.url,
                    INFLUXDB_TOKEN=influx.token,
                    INFLUXDB_ORG=influx.org,
                    INFLUXDB_BUCKET=influx.bucket,
                ),
            )
            fill(settings)
            make_backup(settings, folder / "kept" / "backup", None)
        leave_spool(folder / "kept" / "spool")
        with closing(tarfile.open(TARGET, "w:xz", preset=9)) as archive:
            archive.add(folder / "kept", arcname=".")


if __name__ == "__main__":
    main()
