"""The lake's writer, on a real PostgreSQL and real files."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from flows.log.logged_event import LoggedEvent
from flows.stores.lake import FewerEventsError, LakeWriter
from flows.stores.lake_attach import attach_lake
from flows.stores.lake_locks import files_kept
from flows.stores.rollups import ROLLUPS
from flows.stores.store import NotYetPassedError, StoreUnavailableError
from flows.stores.versions import LAKE_VERSION

#: Bytes at the end of an extension's file that say what it is, and hold its signature.
_EXTENSION_FOOTER = 512
Make = Callable[..., LoggedEvent]
Rows = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def lake(postgres_url: str, lake_path: str) -> Iterator[LakeWriter]:
    """Return a writer of a lake that is not there yet."""
    writer = LakeWriter(postgres_url, lake_path)
    yield writer
    writer.close()


@pytest.fixture
def rows(postgres_url: str, lake_path: str) -> Rows:
    """Return a function that queries the lake by a read-only connection of its own.

    A rollup has its table's name, with one row a key.
    """

    def query(sql: str) -> list[tuple[Any, ...]]:
        with attach_lake(postgres_url, lake_path, read_only=True) as connection:
            for rollup in ROLLUPS:
                connection.execute(f"CREATE TEMP VIEW {rollup.table} AS {rollup.sums_of()}")
            return connection.execute(sql).fetchall()

    return query


def apply(lake: LakeWriter, events: list[LoggedEvent]) -> None:
    lake.apply(events, events[-1].position)


def test_every_field_of_an_event_is_in_the_lake(
    lake: LakeWriter, rows: Rows, event: Make, start: datetime
) -> None:
    """An event with every field is found with the same values."""
    fields = {
        "session_id": "k",
        "seq": 1,
        "notebook": "a.ipynb",
        "cell_id": "c1",
        "exercise": "1.1",
        "execution_count": 3,
        "status": "error",
        "error_name": "NameError",
        "error_message": "name 'x' is not defined",
        "duration_ms": 1.5,
        "code_sha256": "0" * 64,
        "code_lines": 2,
        "code_chars": 20,
        "code": "x\ny😀",
        "output": "out",
        "hook_version": "0.1.0",
    }
    logged = event(0, **fields, room={"a": [1]})
    apply(lake, [logged])
    names = ", ".join(fields)
    assert rows(f"SELECT {names} FROM lake.events") == [tuple(fields.values())]
    assert rows(
        "SELECT position, position_ns, occurred_at, extra->>'$.room.a[0]' FROM lake.events"
    ) == [(logged.position, logged.position_ns, start, "1")]


def test_rollups_are_the_sums_of_the_events(
    lake: LakeWriter, rows: Rows, event: Make, start: datetime
) -> None:
    """Both rollups, merged over several batches, equal what the raw events add up to."""
    apply(lake, [event(0, exercise="1.1", status="error", duration_ms=10)])
    apply(
        lake,
        [
            event(30, exercise="1.1", duration_ms=30),
            event(
                61, exercise="1.1", type="check_result", status=None, check_name="c", passed=True
            ),
            event(62, status="interrupted"),
            event(63, student_id="s2", exercise="1.1", type="heartbeat", status=None),
        ],
    )
    assert rows(
        "SELECT student_id, exercise, events, runs, errors, interrupted, checks_passed, "
        "duration_ms_sum, duration_ms_max, first_run_at, first_ok_at, last_event_at "
        "FROM rollup_student_exercise ORDER BY 1, 2"
    ) == [
        (
            "s1",
            "",
            1,
            1,
            0,
            1,
            0,
            0,
            None,
            start + timedelta(seconds=62),
            None,
            start + timedelta(seconds=62),
        ),
        (
            "s1",
            "1.1",
            3,
            2,
            1,
            0,
            1,
            40,
            30,
            start,
            start + timedelta(seconds=30),
            start + timedelta(seconds=61),
        ),
        ("s2", "1.1", 1, 0, 0, 0, 0, 0, None, None, None, start + timedelta(seconds=63)),
    ]
    assert rows("SELECT minute, events, runs, errors FROM rollup_course_minute ORDER BY 1") == [
        (start, 2, 2, 1),
        (start + timedelta(minutes=1), 3, 1, 0),
    ]


def test_a_batch_that_comes_again_changes_nothing(
    lake: LakeWriter, rows: Rows, event: Make
) -> None:
    """The same batch twice, and one that overlaps it, count each event once."""
    events = [event(n) for n in range(5)]
    apply(lake, events[:3])
    apply(lake, events[:3])
    apply(lake, events)
    assert rows("SELECT count(*) FROM lake.events") == [(5,)]
    assert rows("SELECT sum(runs) FROM rollup_student_exercise") == [(5,)]
    assert lake.position() == events[-1].position


def test_an_event_that_comes_late_is_in_the_lake_and_its_rollups_once(
    lake: LakeWriter, rows: Rows, event: Make
) -> None:
    """A late event, even twice, leaves the lake as if it had been there in its place."""
    events = [event(n, exercise="1.1", notebook=f"{n}.ipynb", duration_ms=n) for n in range(3)]
    tables = ("lake.events", "rollup_student_exercise", "rollup_course_minute")

    def everything() -> list[list[str]]:
        return [sorted(map(repr, rows(f"FROM {table}"))) for table in tables]

    apply(lake, events)
    expected = everything()
    lake.remake(iter([[events[0], events[2]]]), events[-1].position, may_lose=True)
    assert everything() != expected
    for _ in range(2):
        lake.apply_late(events[1], lambda _: None)
    assert everything() == expected
    with pytest.raises(NotYetPassedError):
        lake.apply_late(event(9), lambda _: None)
    assert everything() == expected


def test_two_writers_at_once_apply_each_event_once(
    postgres_url: str, lake_path: str, rows: Rows, event: Make
) -> None:
    """Two writers that race over the same batches take turns and lose or double nothing."""
    events = [event(n) for n in range(40)]
    failures: list[Exception] = []

    def write() -> None:
        writer = LakeWriter(postgres_url, lake_path)
        try:
            for start in range(0, 40, 10):
                apply(writer, events[start : start + 10])
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)
        finally:
            writer.close()

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert rows("SELECT count(*), count(DISTINCT position) FROM lake.events") == [(40, 40)]


def test_readers_go_on_while_the_lake_is_remade(lake: LakeWriter, rows: Rows, event: Make) -> None:
    """Until the new lake is whole, readers see the old one; then exactly the new one."""
    apply(lake, [event(n) for n in range(10)])
    seen: list[list[tuple[Any, ...]]] = []

    def batches() -> Iterator[list[LoggedEvent]]:
        yield [event(n) for n in range(3)]
        seen.append(rows("SELECT count(*) FROM lake.events"))
        yield [event(n) for n in range(3, 5)]

    assert lake.remake(batches(), event(4).position, may_lose=True) == 5
    assert seen == [[(10,)]]
    assert rows("SELECT count(*) FROM lake.events") == [(5,)]
    assert rows("SELECT sum(runs) FROM rollup_student_exercise") == [(5,)]
    assert lake.position() == event(4).position


def test_a_remade_lake_takes_no_batch_of_before(lake: LakeWriter, rows: Rows, event: Make) -> None:
    """A batch that follows on from the old lake would leave a hole in the new one."""
    events = [event(n) for n in range(6)]
    apply(lake, events[:4])
    assert lake.remake(iter([events[:2]]), events[1].position) == 2
    with pytest.raises(StoreUnavailableError, match="set back"):
        lake.apply(events[4:], events[5].position, after=events[3].position)
    lake.apply(events[2:], events[5].position, after=events[1].position)
    assert rows("SELECT count(*) FROM lake.events") == [(6,)]


def test_a_lake_is_not_remade_from_less_than_it_has(
    lake: LakeWriter, rows: Rows, event: Make
) -> None:
    """Where the full log lacks events that the lake has, the lake stays, and both are counted."""
    events = [event(n) for n in range(6)]
    apply(lake, events)
    with pytest.raises(FewerEventsError, match="2 of the lake's 4"):
        lake.remake(iter([events[:2]]), events[3].position)
    assert rows("SELECT count(*) FROM lake.events") == [(6,)]
    assert lake.remake(iter([events[:2]]), events[3].position, may_lose=True) == 2
    assert rows("SELECT count(*) FROM lake.events") == [(2,)]


def test_maintenance_moves_rows_to_files_and_changes_no_number(
    lake: LakeWriter, lake_path: str, rows: Rows, event: Make
) -> None:
    """After maintenance the events are in Parquet files, and every number is as before."""
    for start in range(0, 30, 10):
        apply(lake, [event(n, student_id=f"s{n % 3}") for n in range(start, start + 10)])
    before = rows("SELECT student_id, runs FROM rollup_student_exercise ORDER BY 1")
    assert not list(Path(lake_path).rglob("events/**/*.parquet"))
    lake.maintain(keep_snapshots_days=1)
    assert list(Path(lake_path).rglob("events/**/*.parquet"))
    assert rows("SELECT student_id, runs FROM rollup_student_exercise ORDER BY 1") == before
    assert rows("SELECT count(*) FROM lake.events") == [(30,)]
    apply(lake, [event(30)])
    assert rows("SELECT count(*) FROM lake.events") == [(31,)]


def test_a_rollup_has_a_row_a_batch_until_maintenance_leaves_one(
    lake: LakeWriter, rows: Rows, event: Make
) -> None:
    """Appending a batch looks at no row that is there; sums and notebook are those of all."""
    for number in range(4):
        apply(lake, [event(number, exercise="1.1", notebook=f"{number}.ipynb", duration_ms=number)])
    everything = "SELECT * FROM rollup_student_exercise UNION ALL BY NAME FROM rollup_course_minute"
    before = rows(everything)
    assert [row[3:6] for row in before] == [("3.ipynb", 4, 4), (None, 4, 4)]
    assert rows("SELECT count(*) FROM lake.rollup_student_exercise") == [(4,)]
    assert rows("SELECT count(*) FROM lake.rollup_course_minute") == [(4,)]
    lake.maintain(keep_snapshots_days=1)
    assert rows("SELECT count(*) FROM lake.rollup_student_exercise") == [(1,)]
    assert rows("SELECT count(*) FROM lake.rollup_course_minute") == [(1,)]
    assert rows(everything) == before
    apply(lake, [event(4, exercise="1.1", notebook="4.ipynb", duration_ms=4)])
    lake.maintain(keep_snapshots_days=1)
    assert [row[3:6] for row in rows(everything)] == [("4.ipynb", 5, 5), (None, 5, 5)]
    assert rows("SELECT count(*) FROM lake.rollup_student_exercise") == [(1,)]


@pytest.mark.parametrize("old", ["UPDATE lake.schema_version SET version = 1", "no table"])
def test_a_lake_of_an_older_version_is_taken_over(
    lake: LakeWriter, postgres_url: str, lake_path: str, rows: Rows, event: Make, old: str
) -> None:
    """Its rows stay, readers can read it before and after, and it says the new version."""
    apply(lake, [event(0, exercise="1.1")])
    lake.close()
    with attach_lake(postgres_url, lake_path, read_only=False) as connection:
        connection.execute("DROP TABLE lake.schema_version" if old == "no table" else old)
    assert rows("SELECT sum(runs) FROM rollup_student_exercise") == [(1,)]
    apply(lake, [event(1, exercise="1.1")])
    assert rows("SELECT sum(runs) FROM rollup_student_exercise") == [(2,)]
    assert rows("SELECT version FROM lake.schema_version") == [(LAKE_VERSION,)]


def test_a_lake_can_go_back_to_where_a_key_has_one_row(
    lake: LakeWriter, rows: Rows, event: Make
) -> None:
    """What an older version reads then are the same sums; this one goes on from there."""
    for number in range(3):
        apply(lake, [event(number, exercise="1.1")])
    before = rows("FROM rollup_student_exercise")
    lake.go_back(1)
    lake.close()
    assert rows("SELECT * FROM lake.rollup_student_exercise") == before
    assert rows("SELECT version FROM lake.schema_version") == [(1,)]
    apply(lake, [event(3, exercise="1.1")])
    assert rows("SELECT runs FROM rollup_student_exercise") == [(4,)]


def test_files_are_small_also_those_of_a_lake_that_was_made_otherwise(
    lake: LakeWriter, postgres_url: str, lake_path: str, rows: Rows, event: Make
) -> None:
    """A writer sets how files are written, whatever was set when the lake was made."""
    apply(lake, [event(0)])
    lake.close()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        made = connection.execute(
            "DELETE FROM lake.ducklake_metadata WHERE key LIKE 'parquet_%' RETURNING key, value"
        ).fetchall()
        assert {"parquet_compression", "parquet_row_group_size"} <= {key for key, _ in made}
    apply(lake, [event(1)])
    lake.maintain(keep_snapshots_days=1)
    files = list(Path(lake_path).rglob("events/**/*.parquet"))
    assert files
    for file in files:
        assert rows(f"SELECT DISTINCT compression FROM parquet_metadata('{file}')") == [("ZSTD",)]


def test_no_file_is_deleted_while_somebody_needs_them(
    lake: LakeWriter, postgres_url: str, lake_path: str, event: Make
) -> None:
    """Maintenance and writers go on meanwhile; afterwards maintenance deletes what it may."""

    def files() -> set[Path]:
        return set(Path(lake_path).rglob("*.parquet"))

    for number in range(3):
        apply(lake, [event(number)])
        lake.maintain(keep_snapshots_days=30)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            "UPDATE lake.ducklake_snapshot SET snapshot_time = snapshot_time - INTERVAL '9 days'"
        )
    with files_kept(postgres_url):
        before = files()
        apply(lake, [event(3)])
        lake.maintain(keep_snapshots_days=1)
        assert before <= files()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            "UPDATE lake.ducklake_files_scheduled_for_deletion "
            "SET schedule_start = schedule_start - INTERVAL '9 hours'"
        )
    lake.maintain(keep_snapshots_days=1)
    assert before - files()


def test_maintenance_takes_no_file_from_a_readers_transaction(
    lake: LakeWriter, postgres_url: str, lake_path: str, event: Make
) -> None:
    """A reader that began before maintenance reads the same rows after it."""
    query = "SELECT student_id, exercise FROM lake.events ORDER BY position_ns"
    apply(lake, [event(n) for n in range(10)])
    lake.maintain(keep_snapshots_days=1)
    with attach_lake(postgres_url, lake_path, read_only=True) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM lake.events")
        for number in range(10, 13):
            apply(lake, [event(number)])
            lake.maintain(keep_snapshots_days=0)
        assert len(reader.execute(query).fetchall()) == 10


def test_a_catalog_that_is_away_is_named_and_comes_back(
    lake: LakeWriter, postgres_url: str, rows: Rows, event: Make
) -> None:
    """When the catalog drops every connection, the batch fails whole and succeeds the next time."""
    apply(lake, [event(0)])
    name = postgres_url.rpartition("/")[2]
    with psycopg.connect(postgres_url.replace(name, "postgres"), autocommit=True) as admin:
        kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        admin.execute(kill, [name])
    try:
        apply(lake, [event(1)])
    except StoreUnavailableError:
        apply(lake, [event(1)])
    assert rows("SELECT count(*) FROM lake.events") == [(2,)]


def test_an_unreachable_catalog_raises_our_error(lake_path: str, event: Make) -> None:
    """A wrong address raises our error, with the cause kept."""
    writer = LakeWriter("postgresql://nobody@127.0.0.1:1/none", lake_path)
    with pytest.raises(StoreUnavailableError) as raised:
        apply(writer, [event(0)])
    assert raised.value.__cause__ is not None


def test_the_longest_course_id_becomes_a_folder(
    lake: LakeWriter, lake_path: str, event: Make
) -> None:
    """Maintenance makes a folder for each course id that the contract accepts, odd ones too."""
    courses = ("c" * 200, "学" * 27, "..", "../../x", "%2e%2e", "a=b/c", "\u202e'; DROP")
    apply(lake, [event(n, course_id=course) for n, course in enumerate(courses)])
    lake.maintain(keep_snapshots_days=1)
    folders = list(Path(lake_path).glob("main/events/*"))
    assert len(folders) == len(courses)
    assert list(Path(lake_path).parent.rglob("*.parquet")) == list(
        Path(lake_path).rglob("*.parquet")
    )


def test_no_other_extension_is_loaded_unless_it_is_signed(
    lake: LakeWriter, postgres_url: str, lake_path: str, tmp_path: Path
) -> None:
    """Only our own two are: a connection to the lake refuses a file that somebody made."""
    lake.position()
    with resources.as_file(resources.files("duckdb_extension_ducklake")) as wheel:
        [ours] = wheel.rglob("ducklake.duckdb_extension")
    own = tmp_path / "own.duckdb_extension"
    own.write_bytes(bytes(1_000) + ours.read_bytes()[-_EXTENSION_FOOTER:])
    with attach_lake(postgres_url, lake_path, read_only=True) as connection:
        for each in (connection, connection.cursor()):
            with pytest.raises(duckdb.Error, match="signature is either missing or invalid"):
                each.execute(f"LOAD '{own}'")
            with pytest.raises(duckdb.Error, match="while database is running"):
                each.execute("SET GLOBAL allow_unsigned_extensions = true")
