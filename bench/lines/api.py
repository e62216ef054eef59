"""The aggregation API over a million events: alone, and with readers while events arrive."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Final

import psycopg

from analytics.queries.query import load_query
from analytics.settings import LakeSettings
from bench.events import COURSE, cell_runs
from bench.filled_lake import fill
from bench.line import OURS, Aim, Figures, Line, Row, Scale, Sides
from bench.load.open_model import Latencies, get, post, send
from bench.servers import SECRET, ours, postgres, process, redis, running
from ingest_api.tokens import ALL_COURSES, Grant, issue_token

#: A hundred readers, of which each asks every five seconds.
_READERS: Final = 100
_READS_A_SECOND: Final = 20
_EVENTS_A_SECOND: Final = 500
_BATCH: Final = 10
PROGRESS: Final = f"/api/v1/courses/{COURSE}/progress"
HISTORY: Final = f"/api/v1/courses/{COURSE}/students/student-7/history"
_CLASS_WIDE: Final = (PROGRESS, f"/api/v1/courses/{COURSE}/exercises")
#: What readers want while events arrive: all that was committed when they asked, as without a word
#: about it, or numbers of the last second.
_READERS_ARE_CONTENT: Final = {"loaded": None, "recent": "max-age=1"}
_DUCKDB: Final = "DuckDB alone"
_POSTGRES: Final = "PostgreSQL with indexes"
_IN_POSTGRES: Final = """
SELECT
    exercise, count(DISTINCT student_id), count(DISTINCT student_id) FILTER (WHERE status = 'ok'),
    count(*), count(*) FILTER (WHERE status = 'error')
FROM plain_events WHERE course_id = 'demo' AND type = 'cell_run' GROUP BY exercise
"""


@contextmanager
def _prepared(number: int, folder: Path, scale: Scale) -> Sides:
    events, asked = scale.of(number, 5_000), scale.of(20, 2)
    with ExitStack() as servers:
        log = servers.enter_context(redis(folder))
        catalog = servers.enter_context(postgres(folder))
        settings = LakeSettings(
            CELLPULSE_POSTGRES_URL=catalog.url, CELLPULSE_LAKE_PATH=str(folder / "lake")
        )
        lake = fill(settings, events)
        plain = servers.enter_context(closing(lake.copy_to(folder / "plain")))
        lake.copy_to_postgres(events)
        environment = {
            "CELLPULSE_REDIS_URL": log.url,
            "CELLPULSE_POSTGRES_URL": catalog.url,
            "CELLPULSE_LAKE_PATH": settings.lake_path,
            "CELLPULSE_SECRET": SECRET,
        }
        api = servers.enter_context(ours(folder, "analytics.serve", environment))
        ingest = servers.enter_context(ours(folder, "ingest_api.serve", environment))
        for name in ("relay", "worker"):
            servers.enter_context(running(process(name, environment, log.url), folder))
        connection = servers.enter_context(psycopg.connect(catalog.url, autocommit=True))
        seeds = count()

        def asked_api() -> Figures:
            alone = {
                "progress": ask_alone(api.url, PROGRESS, asked),
                "history": ask_alone(api.url, HISTORY, asked),
                "again": ask_alone(api.url, PROGRESS, asked, cache=None),
            }
            for name, cache in _READERS_ARE_CONTENT.items():
                reading = _read_while_events_arrive(
                    api.url, ingest.url, next(seeds), scale.of(8.0, 0.5), cache
                )
                alone[name] = asyncio.run(reading).percentile(0.95)
            return alone

        def asked_duckdb() -> Figures:
            named = {"course_id": COURSE, "now": datetime.now(UTC), "student_id": "student-7"}
            named |= {"section": None, "as_of": None}
            named |= {"before_ns": None, "row_limit": 100, "heartbeats": True}

            def progress() -> None:
                load_query("class_progress").rows(plain, **named)
                load_query("exercise_progress").rows(plain, **named | {"student_id": None})

            def history() -> None:
                load_query("student_history").rows(plain, **named)

            found = times(progress, asked)
            return {
                "progress": found.percentile(0.5),
                "p95": found.percentile(0.95),
                "history": times(history, asked).percentile(0.5),
            }

        def asked_postgres() -> Figures:
            def progress() -> None:
                connection.execute(_IN_POSTGRES).fetchall()

            return {"progress": times(progress, max(2, asked // 5)).percentile(0.5)}

        yield {OURS: asked_api, _DUCKDB: asked_duckdb, _POSTGRES: asked_postgres}


def times(ask: Callable[[], None], number: int) -> Latencies:
    """Ask again and again; return how long each answer took."""
    found = Latencies()
    for _ in range(number):
        begin = time.perf_counter()
        ask()
        found.ms.append((time.perf_counter() - begin) * 1_000)
    return found


def ask_alone(url: str, path: str, number: int, cache: str | None = "no-cache") -> float:
    """Ask one question after the other; return the median time of an answer, in milliseconds.

    Args:
        url: The API's address.
        path: The question.
        number: How often it is asked.
        cache: How new the answer has to be; by default each is read anew.
    """
    request = get(path, issue_token(SECRET, Grant("read", ALL_COURSES)), cache=cache)
    latencies = Latencies()
    for _ in range(number):
        latencies.ms += asyncio.run(send(url, [request], 1_000, 1)).ms
    return latencies.percentile(0.5)


async def _read_while_events_arrive(
    api: str, ingest: str, seed: int, seconds: float, cache: str | None
) -> Latencies:
    token = issue_token(SECRET, Grant("read", COURSE))
    reads = [
        get(_CLASS_WIDE[number % len(_CLASS_WIDE)], token, cache=cache)
        for number in range(int(_READS_A_SECOND * seconds))
    ]
    events = list(islice(cell_runs(seed), int(_EVENTS_A_SECOND * seconds)))
    arriving = asyncio.create_task(send(ingest, _posts(events), _EVENTS_A_SECOND / _BATCH, 8))
    latencies = await send(api, reads, _READS_A_SECOND, _READERS)
    await arriving
    return latencies


def _posts(events: list[dict[str, object]]) -> Iterator[bytes]:
    token = issue_token(SECRET, Grant("ingest", COURSE))
    for start in range(0, len(events), _BATCH):
        body = json.dumps(events[start : start + _BATCH]).encode()
        yield post("/student-progress", token, body)


def _line(name: str, number: int, *, is_large: bool = False) -> Line:
    return Line(
        name,
        (
            *(
                Row(
                    f"{name} class-wide, 100 readers, {wanted}, p95",
                    figure,
                    "ms",
                    _DUCKDB,
                    Aim("ours", "at most", 50),
                    baseline_figure="p95",
                )
                for figure, wanted in (("loaded", "all of it"), ("recent", "of the last second"))
            ),
            Row(
                f"{name} class-wide, asked again",
                "again",
                "ms",
                _DUCKDB,
                baseline_figure="progress",
            ),
            Row(f"{name} class-wide, alone", "progress", "ms", _DUCKDB, _NEAR),
            Row(f"{name} class-wide, alone", "progress", "ms", _POSTGRES, _A_TENTH),
            Row(f"{name} history, alone", "history", "ms", _DUCKDB, _NEAR),
        ),
        partial(_prepared, number),
        is_large=is_large,
    )


_NEAR: Final = Aim("ratio", "at most", 1.5)
_A_TENTH: Final = Aim("ratio", "at most", 0.1)
LINE: Final = _line("api", 1_000_000)
TEN_MILLION: Final = _line("api-10m", 10_000_000, is_large=True)
