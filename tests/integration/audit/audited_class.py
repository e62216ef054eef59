"""A class whose stores their own writers filled, and which can be damaged."""

import asyncio
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import duckdb
import httpx
import psycopg
from redis import Redis

from flows.audit.audit import audit
from flows.audit.finding import Finding
from flows.audit.report import AuditReport
from flows.log.logged_event import LoggedEvent, position_ns
from flows.log.reader import LogReader
from flows.settings import FlowsSettings
from flows.stores.lake_attach import attach_lake
from flows.stores.store import Store
from flows.worker.drain import drain
from ingest_api.event_log import LOG, Candidate, EventLog, open_redis
from ingest_api.events import ProgressEvent

STORES = ("influxdb", "postgres", "lake")


POSTGRES_TABLES = (
    "courses",
    "students",
    "enrollments",
    "notebooks",
    "exercises",
    "sessions",
    "student_states",
    "store_position",
)


NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass
class Class:
    """The stores of a class, each filled by its writer, without any process."""

    settings: FlowsSettings
    redis: Redis
    stores: dict[str, Store]

    def accept(self, *events: dict[str, Any]) -> list[str]:
        """Append events as the ingest does, and return their positions; repeats have none."""

        async def append() -> list[str | None]:
            client = open_redis(self.settings.redis_url)
            try:
                candidates = [
                    Candidate.encode(ProgressEvent.model_validate(event), datetime.now(UTC))
                    for event in events
                ]
                return await EventLog(client, 400_000_000).append(candidates)
            finally:
                await client.aclose()

        return [position for position in asyncio.run(append()) if position]

    def write(self, *names: str) -> None:
        """Bring stores to the log's end: all, or those that are named."""
        for name in names or self.stores:
            drain(LogReader(self.redis), self.stores[name])

    def teach(self) -> list[str]:
        """Accept a lesson that has all that a healthy class has, and bring it to every store."""
        positions = self.accept(*lesson())
        self.write()
        return positions

    def audit(self, course: str | None = None) -> AuditReport:
        return audit(self.settings, course, lambda *_: nullcontext(lambda _: None))

    def findings(self) -> set[tuple[str, str, str | None]]:
        """Return the kind, store and session of what an audit finds."""
        return {about(finding) for finding in self.audit().findings}

    def messages(self) -> str:
        """Return what an audit finds, in words."""
        return "\n".join(finding.message for finding in self.audit().findings)

    @cached_property
    def lake(self) -> duckdb.DuckDBPyConnection:
        """A connection that may write to the lake."""
        return attach_lake(self.settings.postgres_url, self.settings.lake_path, read_only=False)

    def damage_lake(self, sql: str) -> None:
        """Change rows of the lake; a change that changes nothing fails the test."""
        for statement in sql.split(";"):
            [(count,)] = self.lake.execute(statement).fetchall()
            assert count > 0, statement

    def damage_postgres(self, sql: str) -> None:
        """Change rows of PostgreSQL, whatever refers to them."""
        with psycopg.connect(self.settings.postgres_url) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in sql.split(";"):
                assert connection.execute(statement.encode()).rowcount > 0, statement

    def keep_postgres(self) -> dict[str, list[Any]]:
        """Return the rows of every table."""
        with psycopg.connect(self.settings.postgres_url) as connection:
            return {
                table: connection.execute(f"TABLE {table}".encode()).fetchall()
                for table in POSTGRES_TABLES
            }

    def restore_postgres(self, kept: dict[str, list[Any]]) -> None:
        with psycopg.connect(self.settings.postgres_url) as connection:
            connection.execute("SET session_replication_role = replica")
            for table, rows in kept.items():
                connection.execute(f"DELETE FROM {table}".encode())
                for row in rows:
                    places = ", ".join(["%s"] * len(row))
                    connection.execute(f"INSERT INTO {table} VALUES ({places})".encode(), row)

    def delete_point(self, position: str) -> None:
        influx = self.settings.influx
        statement = f"DELETE FROM progress_event WHERE time = {position_ns(position)}"
        answer = httpx.post(f"{influx.url}/query", params={"db": influx.bucket, "q": statement})
        assert "error" not in answer.text

    def write_point(self, original: str, position: str, **changes: Any) -> None:
        """Write the point of the log's entry at `original`, changed, at a position."""
        [(_, fields)] = self.redis.xrange(LOG, original, original)
        event = LoggedEvent.decode(position, fields[b"event"]).event.model_copy(update=changes)
        self.stores["influxdb"].apply([LoggedEvent(position, event)], position)


def about(finding: Finding) -> tuple[str, str, str | None]:
    return finding.kind, finding.store, finding.place.session_id


def run(student: str, session: str | None = None, seq: int | None = None, **more: Any) -> Any:
    event = {"course_id": "demo", "student_id": student, "status": "ok", "notebook": "a.ipynb"}
    if session is not None:
        event |= {"session_id": session, "seq": seq}
    return event | {"exercise": "1.1", "duration_ms": 0.1} | more


def lesson() -> list[dict[str, Any]]:
    """Two sessions in turns, with gaps, a late arrival and a repeat, and events without one."""
    other = {"status": None, "duration_ms": None}
    check = other | {"type": "check_result", "check_name": "c"}
    at = (NOW - timedelta(seconds=90)).isoformat()
    return [
        run("s1", "k1", 1, **other, type="session_started", occurred_at=at),
        run("s2", "k2", 1, status="error", error_name="NameError", duration_ms=0.2),
        run("s1", "k1", 2, status="error", room={"seat": [1, 2.5, 1e300]}),
        run("s2", "k2", 2, status="error", notebook="b.ipynb"),
        run("s1", "k1", 2, status="error"),
        run("s1", "k1", 5),
        run("s1", "k1", 4, status="interrupted", code="x" * 30_000),
        run("s2", "k2", 3, **check, passed=False),
        run("s2", "k2", 4, **check, passed=True),
        run("s3", exercise=None, occurred_at=(NOW + timedelta(days=1)).isoformat()),
        run("s3", status="error", notebook=None),
        run("s3", "other numbering", 10_000_000_000),
        run("s2", "k2", 9, **other, type="session_ended"),
        run("s1", course_id="other", exercise="1.1 'é' 😀"),
    ]


SEQ_5 = "FROM lake.events WHERE session_id = 'k1' AND seq = 5"


WHERE = ("below the log's start", "between two entries", "after the last one")


def place_of_no_event(klass: Class, where: str) -> str:
    """Teach, and return a position at which nothing was accepted."""
    first, *_ = klass.teach()
    klass.accept(run("s1", "k1", 6))
    klass.write()
    milliseconds = first.partition("-")[0]
    return dict(
        zip(WHERE, ("1700000000000-0", f"{milliseconds}-999", "4102444800000-0"), strict=True)
    )[where]
