"""`cellpulse audit` on real stores that their own writers filled: it must not be blind."""

import asyncio
import json
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import uuid4

import duckdb
import httpx
import psycopg
import pytest
from redis import Redis

from flows.audit.audit import audit
from flows.audit.finding import Finding
from flows.audit.report import AuditReport
from flows.enrollment.enroll import enroll
from flows.log.logged_event import LoggedEvent, position_ns
from flows.log.reader import LogReader
from flows.log.rejected import RejectedStream
from flows.migrations.migrate import prepare_databases
from flows.settings import FlowsSettings, InfluxSettings, LakeSettings
from flows.stores.known_names import UnknownNameError
from flows.stores.lake_attach import attach_lake
from flows.stores.postgres import engine_for
from flows.stores.store import PoisonEventError, Store
from flows.worker.actors import open_stores
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


class Refusing:
    """A store that refuses one student's events, as a store refuses what it can't hold."""

    def __init__(self, store: Store, student: str) -> None:
        self.name, self.batch_events = store.name, store.batch_events
        self._store = store
        self._student = student

    def apply(
        self,
        events: Sequence[LoggedEvent],
        position: str,
        skipped: Sequence[str] = (),
        *,
        after: str | None = None,
    ) -> None:
        if any(event.event.student_id == self._student for event in events):
            raise PoisonEventError(f"refuses {self._student}")
        self._store.apply(events, position, skipped, after=after)

    def position(self) -> str | None:
        return self._store.position()


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


@pytest.fixture
def klass(
    redis_url: str, postgres_url: str, lake_path: str, influx_settings: InfluxSettings
) -> Iterator[Class]:
    """Return a class whose stores are empty."""
    prepare_databases(
        LakeSettings(CELLPULSE_POSTGRES_URL=postgres_url, CELLPULSE_LAKE_PATH=lake_path)
    )
    settings = FlowsSettings(
        CELLPULSE_REDIS_URL=redis_url,
        CELLPULSE_POSTGRES_URL=postgres_url,
        CELLPULSE_LAKE_PATH=lake_path,
        influx=influx_settings,
    )
    stores = open_stores(settings)
    with Redis.from_url(redis_url, protocol=2) as redis:
        yield Class(settings, redis, {store.name: store for store in stores})
    for store in stores:
        closing_or_engine = getattr(store, "close", None) or store._engine.dispose  # type: ignore[attr-defined]
        closing_or_engine()


def test_an_empty_class_is_clean(klass: Class) -> None:
    """Before the first event there is nothing to find."""
    assert klass.audit().ok


def test_a_healthy_class_is_clean(klass: Class) -> None:
    """Repeats, gaps, late arrivals, events without a session and a roster are no damage."""
    klass.teach()
    engine = engine_for(klass.settings.postgres_url)
    enroll(engine, "demo", {name: {"section": "A"} for name in ("s1", "never seen")})
    engine.dispose()
    report = klass.audit()
    assert report.findings == []
    assert report.ok
    assert report.events == 13
    assert [
        (loss.place.session_id, loss.place.first_seq, loss.place.last_seq, loss.events)
        for loss in report.known_losses
    ] == [("k1", 3, 3, 1), ("k2", 5, 8, 4)]
    assert report.known_loss_events == 5


def any_event(choose: random.Random) -> dict[str, Any]:
    """Return an event that is legal, and as odd as it may be."""
    kind = choose.choice(
        ["cell_run"] * 4 + ["check_result", "session_started", "session_ended", "heartbeat"]
    )
    at = NOW - timedelta(seconds=choose.randrange(-200, 4_000), microseconds=choose.randrange(2))
    seqs = (0, 1, 2, 3, 4, 5, 7, 9, 1_000_004, 1_000_005, 1_000_010, 2_000_007, 10**12)
    event: dict[str, Any] = {
        "type": kind,
        "course_id": choose.choice(["demo", "other"]),
        "student_id": choose.choice(["s1", "s2", "s3"]),
        "notebook": choose.choice([None, "", "a.ipynb", "b.ipynb"]),
        "exercise": choose.choice([None, "", "1.1", "1.2"]),
        "status": choose.choice(["ok", "error", "error", "interrupted"]),
        "duration_ms": choose.choice([None, 0.0, -0.0, 0.1, 0.2, 1e15, 3]),
        "occurred_at": choose.choice([None, at.isoformat()]),
        "extra": choose.choice([None, {"a": [1.0, 1e300, 10**30, "\u00e9/\U0001f600"], "b": {}}]),
    }
    if kind == "check_result":
        event |= {"check_name": "c", "passed": choose.random() < 0.5}
    if choose.random() < 0.8:
        event |= {"session_id": choose.choice(["k1", "k2"]), "seq": choose.choice(seqs)}
    return event


@pytest.mark.parametrize("seed", range(3))
def test_odd_classes_are_clean(klass: Class, seed: int) -> None:
    """The audit's own definitions agree with the writers on any legal events, in any batches."""
    choose = random.Random(seed)
    for _ in range(6):
        klass.accept(*(any_event(choose) for _ in range(choose.randrange(1, 80))))
        klass.write()
    report = klass.audit()
    assert report.findings == []
    assert report.known_loss_events > 1_000_000


def test_a_store_that_is_behind_is_not_yet_there(klass: Class) -> None:
    """Events that a store has yet to write are its lag, and nothing else."""
    klass.teach()
    klass.accept(run("s1", "k1", 6), run("s1", "k1", 7))
    klass.write("influxdb")
    report = klass.audit()
    assert [(about(finding), finding.events) for finding in report.findings] == [
        (("not_yet_there", "lake", None), 2),
        (("not_yet_there", "postgres", None), 2),
    ]
    assert not report.ok


def test_what_a_store_refused_is_set_aside(klass: Class) -> None:
    """A poison event in the rejected stream is listed, and missed in no other store."""
    for name in STORES:
        klass.stores[name] = Refusing(klass.stores[name], f"poison to {name}")  # type: ignore[assignment]
    klass.redis.xadd(LOG, {"event": "not an event"})
    klass.accept(*(run(f"poison to {name}", f"of {name}", 1) for name in STORES), run("s9"))
    klass.teach()
    report = klass.audit()
    assert report.findings == []
    shown = {(aside.store, aside.place.student_id) for aside in report.set_aside}
    assert shown == {("log", None)} | {(name, f"poison to {name}") for name in STORES}
    assert report.set_aside_events == 4
    aside = RejectedStream(klass.redis)
    assert aside.drop(aside.all()) == 4
    report = klass.audit()
    assert report.findings == []
    assert {entry.reason for entry in report.set_aside} == {"dropped by the operator"}


def test_a_store_that_refused_an_event_without_setting_it_aside_lost_it(klass: Class) -> None:
    """Without its entry in the rejected stream a refused event is lost."""
    klass.stores["lake"] = Refusing(klass.stores["lake"], "s3")  # type: ignore[assignment]
    klass.teach()
    klass.redis.delete("progress-events:rejected", "progress-events:rejected-places")
    assert ("lost", "lake", "other numbering") in klass.findings()


def test_a_log_that_was_trimmed_is_no_damage(klass: Class) -> None:
    """Below the log's start InfluxDB takes its place, and the running numbers agree."""
    klass.teach()
    klass.redis.xtrim(LOG, maxlen=3, approximate=False)
    report = klass.audit()
    assert (report.findings, report.notes) == ([], [])
    klass.redis.xtrim(LOG, maxlen=0, approximate=False)
    assert (klass.audit().findings, klass.audit().events) == ([], 13)


def test_without_influxdb_the_rest_is_compared(klass: Class) -> None:
    """Without a full log the audit says so, and still finds what the lake lost."""
    klass.settings = klass.settings.model_copy(update={"influx": InfluxSettings()})
    klass.stores.pop("influxdb")
    klass.teach()
    report = klass.audit()
    assert report.findings == []
    assert "the full log is off" in report.notes[0]
    klass.damage_lake("DELETE FROM lake.events WHERE session_id = 'k1' AND seq = 5")
    assert klass.findings() == {("lost", "lake", "k1")}
    klass.redis.xtrim(LOG, maxlen=3, approximate=False)
    assert ("lost", "lake", None) in klass.findings()


def test_a_course_is_audited_alone(klass: Class) -> None:
    """`--course` finds what is wrong in the course, and nothing of another one."""
    klass.teach()
    klass.damage_lake("DELETE FROM lake.events WHERE course_id = 'other'")
    klass.damage_postgres("UPDATE student_states SET runs = 9 WHERE course_id = 'other'")
    assert klass.audit("demo").findings == []
    assert klass.audit("demo").events == 12
    assert {about(finding) for finding in klass.audit("other").findings} == {
        ("lost", "lake", None),
        ("wrong_state", "postgres", None),
    }
    with pytest.raises(
        UnknownNameError, match="no store knows a course 'dmo': did you mean 'demo'"
    ):
        klass.audit("dmo")


LAKE_TABLES = ("events", "rollup_student_exercise", "rollup_course_minute", "log_position")
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


@pytest.mark.parametrize("where", WHERE)
def test_rows_of_the_lake_that_were_never_accepted(klass: Class, where: str) -> None:
    """A copy of an event is a duplicate, another one is foreign, wherever it stands."""
    at = place_of_no_event(klass, where)
    place = f"'{at}' AS position, {position_ns(at)} AS position_ns"
    klass.damage_lake(f"INSERT INTO lake.events SELECT * REPLACE ({place}) {SEQ_5}")
    assert klass.findings() == {("duplicated", "lake", "k1")}
    klass.damage_lake(f"UPDATE lake.events SET event_id = uuid()::VARCHAR WHERE position = '{at}'")
    assert klass.findings() == {("foreign", "lake", "k1")}


@pytest.fixture
def undo(klass: Class) -> Callable[[], None]:
    """Teach the class, and return a function that takes back what was done to the lake."""
    klass.teach()
    [(snapshot,)] = klass.lake.execute("SELECT max(snapshot_id) FROM lake.snapshots()").fetchall()

    def undo() -> None:
        klass.lake.execute("BEGIN")
        for table in LAKE_TABLES:
            klass.lake.execute(
                f"CREATE OR REPLACE TEMP TABLE kept AS FROM lake.{table} AT (VERSION => {snapshot})"
            )
            klass.lake.execute(f"DELETE FROM lake.{table}")
            klass.lake.execute(f"INSERT INTO lake.{table} FROM kept")
        klass.lake.execute("COMMIT")

    return undo


def test_damage_to_the_lake_is_named(klass: Class, undo: Callable[[], None]) -> None:
    """Each single damage to the lake gives its own finding and no other."""
    store = "lake"
    sums = "rollup_student_exercise", "rollup_course_minute"
    damage = {
        f"DELETE {SEQ_5}": ("lost", store, "k1"),
        f"INSERT INTO lake.events {SEQ_5}": ("duplicated", store, "k1"),
        "UPDATE lake.events SET position_ns = position_ns + 1 WHERE seq = 5": (
            "out_of_order",
            store,
            "k1",
        ),
        "UPDATE lake.events SET seq = 3 WHERE seq = 4 AND session_id = 'k1'": (
            "changed",
            store,
            "k1",
        ),
        "UPDATE lake.log_position SET position = '1-0'": ("wrong_state", store, None),
        "UPDATE lake.log_position SET position = '9999999999999-0'": ("wrong_state", store, None),
        "INSERT INTO lake.log_position VALUES ('0-0')": ("wrong_state", store, None),
        "DELETE FROM lake.log_position": ("wrong_state", store, None),
    }
    for table in sums:
        row = f"FROM lake.{table} WHERE course_id = 'other'"
        damage[f"DELETE {row}"] = ("wrong_sum", store, None)
        damage[f"INSERT INTO lake.{table} {row}"] = ("duplicated", store, None)
        damage[f"INSERT INTO lake.{table} SELECT * REPLACE ('x' AS course_id) {row}"] = (
            "wrong_sum",
            store,
            None,
        )
    for statement, expected in damage.items():
        klass.damage_lake(statement)
        findings = klass.audit().findings
        assert {about(finding) for finding in findings} == {expected}, statement
        undo()
    assert klass.audit().ok


def test_every_column_of_the_lake_is_compared(klass: Class, undo: Callable[[], None]) -> None:
    """A change to any column of an event or a rollup is found and named."""
    columns = klass.lake.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = 'lake' AND table_name IN ('events', 'rollup_student_exercise', "
        "'rollup_course_minute') AND column_name NOT IN ('position', 'position_ns', 'course_id', "
        "'student_id', 'exercise', 'minute')"
    ).fetchall()
    another = {
        "BIGINT": "coalesce({0}, 0) + 1",
        "DOUBLE": "coalesce({0}, 0) + 1e-6",
        "BOOLEAN": "NOT coalesce({0}, false)",
        "VARCHAR": "coalesce({0}, '') || 'x'",
        "VARCHAR[]": "['x']",
        "JSON": "'{{}}'",
        "TIMESTAMP WITH TIME ZONE": "coalesce({0}, TIMESTAMPTZ '2026-01-01') + to_microseconds(1)",
    }
    for table in {table for table, _, _ in columns}:
        changes = {name: another[kind].format(name) for t, name, kind in columns if t == table}
        assignments = ", ".join(f"{name} = {value}" for name, value in changes.items())
        klass.damage_lake(f"UPDATE lake.{table} SET {assignments} WHERE course_id = 'demo'")
        message = klass.messages()
        assert [name for name in changes if name not in message] == [], message
        undo()


@pytest.mark.parametrize("where", WHERE)
def test_points_that_were_never_accepted(klass: Class, where: str) -> None:
    """A copy of an event is a duplicate, another one is foreign, wherever it stands."""
    at = place_of_no_event(klass, where)
    [(entry, _)] = klass.redis.xrange(LOG, count=1)
    klass.write_point(entry.decode(), at)
    late = where == WHERE[2]
    expected = ("foreign", "influxdb", None) if late else ("duplicated", "influxdb", "k1")
    assert klass.findings() == {expected}
    klass.write_point(entry.decode(), at, event_id=uuid4())
    assert klass.findings() == {("foreign", "influxdb", None if late else "k1")}


def test_damage_to_influxdb_is_named_and_the_remedy_mends_it(klass: Class) -> None:
    """A point that is gone, doubled, changed or moved is found; the log puts it right again."""
    first, _second, third, *_ = klass.teach()

    def mend(*positions: str) -> None:
        for position in positions:
            klass.delete_point(position)
        klass.redis.xgroup_setid(LOG, "influxdb", "0")
        klass.write("influxdb")
        assert klass.audit().ok

    klass.delete_point(third)
    assert klass.findings() == {("lost", "influxdb", "k1")}
    mend()
    klass.write_point(third, third, student_id="s7")
    assert klass.findings() == {("duplicated", "influxdb", "k1")}
    mend(third)
    klass.write_point(third, third, error_message="another")
    assert klass.findings() == {("changed", "influxdb", "k1")}
    assert "found another error_message" in klass.messages()
    mend(third)
    klass.delete_point(first)
    klass.delete_point(third)
    klass.write_point(first, third)
    klass.write_point(third, first)
    assert [about(finding) for finding in klass.audit().findings] == [
        ("out_of_order", "influxdb", "k1"),
        ("out_of_order", "influxdb", "k1"),
    ]
    mend(first, third)
    klass.accept(run("s1", "k1", 6))
    klass.write("postgres", "lake")
    klass.redis.xgroup_setid(LOG, "influxdb", klass.accept(run("s1", "k1", 7))[0])
    klass.write("postgres", "lake")
    [finding] = klass.audit().findings
    assert (about(finding), finding.place.first_seq, finding.place.last_seq) == (
        ("lost", "influxdb", "k1"),
        6,
        7,
    )
    mend()


def test_a_point_that_is_gone_below_the_logs_start_is_lost(klass: Class) -> None:
    """The lake is the witness of what InfluxDB lost, and both of what the log dropped."""
    _, _second, third, *_ = klass.teach()
    klass.redis.xtrim(LOG, maxlen=3, approximate=False)
    klass.delete_point(third)
    assert klass.findings() == {("lost", "influxdb", "k1")}
    klass.damage_lake(f"DELETE FROM lake.events WHERE position = '{third}'")
    assert ("lost", "influxdb", None) in klass.findings()
    assert "expected 10 events before the log's oldest one" in klass.messages()


SESSION = "WHERE session_id = 'k1'"
STATE = "WHERE student_id = 's2'"
POSTGRES_DAMAGE = {
    f"DELETE FROM sessions {SESSION}": ("wrong_state", "k1", "expected a session"),
    f"UPDATE sessions SET session_id = 'k0' {SESSION}": (
        "wrong_state",
        "k0",
        "expected no session",
    ),
    f"DELETE FROM student_states {STATE}": ("wrong_state", None, "expected a state"),
    "UPDATE student_states SET student_id = 's0'  WHERE student_id = 's3'": (
        "wrong_state",
        None,
        "expected no state",
    ),
    "DELETE FROM courses WHERE course_id = 'other'": ("lost", None, "courses"),
    "DELETE FROM students WHERE student_id = 's3'": ("lost", None, "students"),
    "DELETE FROM enrollments WHERE student_id = 's3'": ("lost", None, "enrollments"),
    "DELETE FROM notebooks WHERE notebook = 'b.ipynb'": ("lost", None, "notebooks, b.ipynb"),
    "DELETE FROM exercises WHERE course_id = 'other'": ("lost", None, "exercises, 1.1 'é'"),
    "UPDATE exercises SET notebook = 'x' WHERE course_id = 'other'": (
        "wrong_state",
        None,
        "notebook is x and must be a.ipynb",
    ),
    "UPDATE store_position SET position = '9999999999999-0'": (
        "wrong_state",
        None,
        "would leave out the next events",
    ),
    "UPDATE store_position SET position = '1-0'": ("wrong_state", None, "told Redis that it had"),
    "DELETE FROM store_position": ("wrong_state", None, "told Redis that it had"),
}


def test_every_column_of_postgres_is_compared(klass: Class) -> None:
    """A change to any column of a session's or a student's state is found and named."""
    klass.teach()
    sessions = {
        "highest_seq": "highest_seq + 1",
        "gaps": "'{}'",
        "lost_events": "lost_events + 1",
        "started_at": "started_at - interval '1 us'",
        "last_seen_at": "last_seen_at + interval '1 us'",
        "ended_at": "now()",
        "notebook": "'x'",
    }
    states = {
        "runs": "runs + 1",
        "errors": "errors + 1",
        "error_streak": "error_streak + 1",
        "last_status": "'interrupted'",
        "exercise": "'x'",
        "notebook": "'x'",
        "last_seen_at": "last_seen_at + interval '1 us'",
    }
    for table, where, changes in (
        ("sessions", SESSION, sessions),
        ("student_states", STATE, states),
    ):
        assignments = ", ".join(f"{column} = {value}" for column, value in changes.items())
        klass.damage_postgres(f"UPDATE {table} SET {assignments} {where}")
        message = klass.messages()
        assert [name for name in changes if f"{name} is " not in message] == [], message


def test_damage_to_postgres_is_named(klass: Class) -> None:
    """Each change to PostgreSQL's rows is found, and the message names what is wrong."""
    klass.teach()
    kept = klass.keep_postgres()
    for statement, (kind, session, words) in POSTGRES_DAMAGE.items():
        klass.damage_postgres(statement)
        findings = klass.audit().findings
        found = [
            finding
            for finding in findings
            if finding.kind == kind and finding.place.session_id == session
        ]
        assert [f for f in found if words in f.message] != [], (statement, findings)
        assert {finding.store for finding in findings} <= {"postgres"}
        klass.restore_postgres(kept)
    assert klass.audit().ok


def test_an_entry_that_is_gone_from_the_log_is_lost(klass: Class) -> None:
    """The running numbers show what was deleted from the log, whether or not a store has it."""
    positions = klass.teach()
    klass.redis.xdel(LOG, positions[4])
    assert klass.findings() == {("lost", "log", "k1")}
    klass.redis.xdel(LOG, positions[-1])
    assert klass.findings() == {("lost", "log", "k1"), ("lost", "log", None)}
    klass.accept(run("s1", "k1", 6))
    [gone, _] = klass.accept(run("s1", "k1", 7), run("s1", "k1", 8))
    klass.redis.xdel(LOG, gone)
    klass.write()
    [*_, finding] = [f for f in klass.audit().findings if f.store == "log"]
    assert (about(finding), finding.events) == (("lost", "log", None), 1)
    assert "in another store: 0" in finding.message


def test_an_event_that_was_accepted_twice_is_a_duplicate(klass: Class) -> None:
    """A Redis that forgot what it had accepted takes a repeat, and the audit finds it."""
    klass.teach()
    for key in klass.redis.scan_iter("progress-events:session:*"):
        klass.redis.delete(key)
    klass.accept(run("s1", "k1", 5))
    klass.write()
    assert klass.findings() == {("duplicated", "log", "k1")}


def test_a_redis_that_was_replaced_is_no_damage(klass: Class) -> None:
    """A new Redis knows of no earlier event; the stores are compared with each other."""
    klass.teach()
    klass.redis.flushall()
    assert klass.audit().findings == []
    klass.accept(run("s1", "k1", 6))
    klass.write()
    report = klass.audit()
    assert report.findings == []
    assert "not the Redis that accepted them" in report.notes[0]
    klass.damage_lake(f"DELETE {SEQ_5}")
    assert klass.findings() == {("lost", "lake", "k1")}


def test_what_the_log_dropped_before_a_store_had_it_is_lost(klass: Class) -> None:
    """A store that can't catch up any more has lost events; it is not merely behind."""
    klass.teach()
    klass.accept(run("s1", "k1", 6), run("s1", "k1", 7))
    klass.write("influxdb")
    klass.redis.xtrim(LOG, maxlen=1, approximate=False)
    assert klass.findings() == {
        ("lost", "lake", "k1"),
        ("lost", "postgres", "k1"),
        ("not_yet_there", "lake", None),
        ("not_yet_there", "postgres", None),
    }


def test_the_command_audits_a_class_while_it_goes_on(
    pipeline: Any, wait_until: Callable[..., None]
) -> None:
    """While events arrive at running processes `cellpulse audit` is clean, and then not blind."""
    stop = threading.Event()
    sent = 0

    def teach() -> None:
        nonlocal sent
        while not stop.is_set():
            seq = sent // 5 + 1
            pipeline.post([run(f"s{student}", f"k{student}", seq) for student in range(5)])
            sent += 5
            stop.wait(0.05)

    teacher = threading.Thread(target=teach)
    teacher.start()
    try:
        for _ in range(2):
            done = pipeline.cellpulse("audit", "--json")
            report = json.loads(done.stdout)
            assert (report["findings"], report["ok"], done.returncode) == ([], True, 0), done.stdout
            assert set(report["as_of"]) == {"log", *STORES}
    finally:
        stop.set()
        teacher.join()
    wait_until(lambda: pipeline.runs_by_api() == sent, "the lake")
    done = pipeline.cellpulse("audit")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"all agree on {sent} events")
    pipeline.psql("UPDATE student_states SET runs = runs + 1 WHERE student_id = 's1'")
    done = pipeline.cellpulse("audit", "--course", "demo")
    assert done.returncode == 1
    assert "postgres, course demo, student s1: student_states: runs is" in done.stdout
    pipeline.postgres_url = "postgresql://nobody@127.0.0.1:1/none"
    done = pipeline.cellpulse("audit")
    assert done.returncode == 2
    assert done.stderr.startswith("cellpulse: the lake can't be read")
