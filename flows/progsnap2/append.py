"""Appends staged events to the log as the ingest does, no faster than the stores take them."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb
from redis import Redis

from flows.liveness import is_alive
from flows.log.logged_event import START, position_ns
from flows.log.reader import LogReader
from flows.progsnap2.errors import DataSetError
from flows.redis_client import connect_redis
from flows.settings import RelaySettings
from flows.stores.sql_text import literal
from ingest_api.event_log import Candidate, EventLog, LogUnavailableError, open_redis
from ingest_api.events import ProgressEvent

_STEP: Final = 200
#: So many events may wait for the slowest store: a class that works meanwhile is not held up.
_AHEAD: Final = 20_000
_LOOK_SECONDS: Final = 0.5
#: A log that is full, or a store that is behind, may stand still for so long.
_PATIENCE_SECONDS: Final = 120.0
_AGAIN: Final = (
    "run the same command again once 'cellpulse status' is well: what is there is not added twice"
)


@dataclass
class Appended:
    """What became of the events.

    Attributes:
        added: How many were appended.
        repeats: How many the log knew already.
        position: The last one's place in the log.
    """

    added: int = 0
    repeats: int = 0
    position: str = START


def leave_out_known(lake: duckdb.DuckDBPyConnection, events: Path, course_id: str) -> int:
    """Make the view `new_events` of the staged events that the lake has not, and count the rest.

    Raises:
        DataSetError: The course has events of one of the sessions that are no part of the data
            set, so that their sequence numbers would be taken for one another's.
    """
    lake.execute(
        "CREATE TABLE known AS SELECT event_id, student_id, session_id FROM lake.events "
        "WHERE course_id = ?",
        [course_id],
    )
    lake.execute("CREATE VIEW staged AS FROM read_parquet(" + literal(str(events)) + ")")
    lake.execute(
        "CREATE VIEW new_events AS FROM staged ANTI JOIN known USING (event_id) "
        "ORDER BY seen_at, ord, row, part"
    )
    other = lake.execute(
        "SELECT student_id, session_id FROM known ANTI JOIN staged USING (event_id) "
        "SEMI JOIN new_events USING (student_id, session_id) LIMIT 1"
    ).fetchone()
    if other is not None:
        raise DataSetError(
            f"course {course_id!r} already holds other events of session {other[1]!r} of student "
            f"{other[0]!r}: import into a course of its own"
        )
    [(new, staged)] = lake.execute(
        "SELECT (SELECT count(*) FROM new_events), (SELECT count(*) FROM staged)"
    ).fetchall()
    return int(staged - new)


def append_events(
    settings: RelaySettings, lake: duckdb.DuckDBPyConnection, done: Callable[[int], None]
) -> Appended:
    """Append the view `new_events`, in its order.

    Args:
        settings: Where the log is, and its stores.
        lake: The connection that has the view.
        done: Called with how many events have been dealt with since the last time.

    Raises:
        DataSetError: The log takes no more, or the stores don't go on.
        redis.RedisError: Redis does not answer.
    """
    with closing(connect_redis(settings.redis_url)) as redis:
        return asyncio.run(_append_all(settings, redis, lake, done))


def require_worker(settings: RelaySettings) -> None:
    """Refuse to begin where nothing would take the events out of the log.

    Raises:
        DataSetError: No worker lives.
        redis.RedisError: Redis does not answer.
    """
    with closing(connect_redis(settings.redis_url)) as redis:
        if not is_alive(redis, "worker"):
            raise DataSetError(
                "no worker runs that would take the events to the stores: start the platform "
                "('cellpulse up'), then import"
            )


def await_stores(settings: RelaySettings, position: str) -> None:
    """Wait until every store has all events up to a place in the log.

    Raises:
        DataSetError: A store stands still.
        redis.RedisError: Redis does not answer.
    """
    with closing(connect_redis(settings.redis_url)) as redis:
        asyncio.run(_wait_for_stores(settings, redis, position))


async def _append_all(
    settings: RelaySettings,
    redis: Redis,
    lake: duckdb.DuckDBPyConnection,
    done: Callable[[int], None],
) -> Appended:
    appended = Appended()
    unwaited = 0
    async with open_redis(settings.redis_url) as client:
        log = EventLog(client, settings.log_limit_bytes)
        memory = await client.info("memory")
        log.fit_into(int(memory.get("maxmemory", 0)))
        for texts in _steps(lake):
            candidates = [
                Candidate.encode(ProgressEvent.model_validate_json(text), datetime.now(UTC))
                for text in texts
            ]
            await _append_step(log, candidates, appended)
            done(len(texts))
            unwaited += len(texts)
            if unwaited >= _AHEAD // 2:
                unwaited = 0
                await _wait_for_stores(settings, redis, appended.position, within=_AHEAD)
    return appended


def _steps(lake: duckdb.DuckDBPyConnection) -> Iterator[list[str]]:
    for batch in lake.cursor().execute("SELECT event FROM new_events").to_arrow_reader(_STEP):
        texts = batch["event"].to_pylist()
        # A batch may be larger than was asked for.
        yield from (texts[at : at + _STEP] for at in range(0, len(texts), _STEP))


async def _append_step(log: EventLog, candidates: list[Candidate], appended: Appended) -> None:
    """Append, and wait where the log is full or Redis is away for a moment."""
    waited = 0.0
    while True:
        try:
            positions = await log.append(candidates)
        except LogUnavailableError as error:
            if waited >= _PATIENCE_SECONDS:
                raise DataSetError(
                    f"{error}; {appended.added} events were added, {_AGAIN}"
                ) from error
            await asyncio.sleep(_LOOK_SECONDS)
            waited += _LOOK_SECONDS
            continue
        new = [position for position in positions if position]
        appended.added += len(new)
        appended.repeats += len(positions) - len(new)
        appended.position = new[-1] if new else appended.position
        return


async def _wait_for_stores(
    settings: RelaySettings,
    redis: Redis,
    position: str,
    *,
    within: int = 0,
) -> None:
    """Wait until every store has come to a place in the log, or is near its end.

    Args:
        settings: Which stores there are.
        redis: Where the log is.
        position: The place.
        within: How many events the slowest may be behind the log's end instead.

    Raises:
        DataSetError: A store stands still.
    """
    log = LogReader(redis)
    waited, before = 0.0, None
    while True:
        committed = log.committed()
        slowest = min((committed.get(store, START) for store in settings.stores), key=position_ns)
        behind = log.lag(slowest).events
        if position_ns(slowest) >= position_ns(position) or behind <= within > 0:
            return
        waited = 0.0 if slowest != before else waited + _LOOK_SECONDS
        if waited >= _PATIENCE_SECONDS:
            raise DataSetError(
                f"the stores don't take what is in the log ({behind} events wait): {_AGAIN}"
            )
        before = slowest
        await asyncio.sleep(_LOOK_SECONDS)
