"""Takes a person out of the lake: rows, rollups, files, snapshots and the catalog's statistics."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Final

import duckdb
import psycopg

from flows.erasure.facts import has_lake
from flows.log.logged_event import position_ns
from flows.personal_data.gather import Person
from flows.settings import LakeSettings
from flows.stores.lake_attach import attach_lake, plain_error
from flows.stores.lake_locks import FILES_LOCK, sole_writer
from flows.stores.rollups import COURSE_MINUTE, STUDENT_EXERCISE
from flows.stores.store import StoreUnavailableError

_FILES_SECONDS: Final = 300.0
_EVENTS: Final = (
    "DELETE FROM lake.events "
    "WHERE course_id = $course AND student_id = $student AND position_ns <= $up_to"
)
#: The minutes in which they did something; the rollups of these are summed anew.
_MINUTES: Final = """
CREATE OR REPLACE TEMP TABLE erased_minute AS
SELECT DISTINCT date_trunc('minute', least(occurred_at, received_at)) AS minute
FROM lake.events
WHERE course_id = $course AND student_id = $student AND position_ns <= $up_to
"""
_OF_THESE_MINUTES: Final = (
    "WHERE course_id = $course AND minute IN (SELECT minute FROM erased_minute)"
)
#: After everything was flushed to files, what they say is all there is: the catalog's widest values
#: are narrowed to that, for they are texts of whoever had them.
_NARROW: Final = """
UPDATE lake.ducklake_table_column_stats AS widest
SET
    min_value = CASE WHEN files.are_known THEN files.min_value END,
    max_value = CASE WHEN files.are_known THEN files.max_value END
FROM lake.ducklake_column AS named
LEFT JOIN (
    SELECT
        table_id,
        column_id,
        min(min_value COLLATE "C") AS min_value,
        max(max_value COLLATE "C") AS max_value,
        bool_and(min_value IS NOT NULL AND max_value IS NOT NULL OR null_count = value_count)
            AS are_known
    FROM lake.ducklake_file_column_stats
    GROUP BY table_id, column_id
) AS files USING (table_id, column_id)
WHERE widest.table_id = named.table_id AND widest.column_id = named.column_id
    AND named.end_snapshot IS NULL AND named.column_type IN ('varchar', 'json')
"""


def erase_from_lake(settings: LakeSettings, person: Person, up_to: str) -> tuple[int, int]:
    """Delete a person's rows and sum the rollups anew; return how many events and rollups went.

    Raises:
        StoreUnavailableError: The lake does not answer; nothing is changed.
    """
    who: dict[str, object] = {
        "course": person.course_id,
        "student": person.student_id,
        "up_to": position_ns(up_to),
    }
    try:
        with (
            sole_writer(settings.postgres_url),
            attach_lake(settings.postgres_url, settings.lake_path, read_only=False) as lake,
        ):
            if not has_lake(lake):
                return 0, 0
            lake.execute("BEGIN")
            lake.execute(_MINUTES, who)
            events = _count(lake, _EVENTS, who)
            rollups = _sum_anew(lake, person)
            lake.execute("COMMIT")
    except duckdb.Error as error:
        plain = plain_error(error, settings.postgres_url)
        raise StoreUnavailableError(f"the lake: {plain}") from plain
    return events, rollups


def rewrite_lake(
    settings: LakeSettings, readers_seconds: float, waits: Callable[[str], None]
) -> int:
    """Write files with deleted rows anew, and end every older snapshot; return how many files went.

    Args:
        settings: Where the lake is.
        readers_seconds: How long whoever reads now may go on with the files that go.
        waits: Told, once, whom this waits for.

    Raises:
        StoreUnavailableError: The lake does not answer, or somebody needs its files for long.
    """
    try:
        with (
            sole_writer(settings.postgres_url) as catalog,
            attach_lake(settings.postgres_url, settings.lake_path, read_only=False) as lake,
        ):
            if not has_lake(lake):
                return 0
            lake.execute("CALL ducklake_flush_inlined_data('lake')")
            lake.execute("CALL ducklake_rewrite_data_files('lake', delete_threshold => 0)")
            lake.execute("CALL ducklake_expire_snapshots('lake', older_than => now())")
            catalog.execute(_NARROW.encode())
        time.sleep(readers_seconds)
        with _files_alone(settings.postgres_url, waits):
            return _delete_files(settings)
    except duckdb.Error as error:
        plain = plain_error(error, settings.postgres_url)
        raise StoreUnavailableError(f"the lake: {plain}") from plain
    except psycopg.Error as error:
        raise StoreUnavailableError(f"PostgreSQL, the lake's catalog: {error}") from error


def _delete_files(settings: LakeSettings) -> int:
    with (
        sole_writer(settings.postgres_url),
        attach_lake(settings.postgres_url, settings.lake_path, read_only=False) as lake,
    ):
        # Nobody writes now, so what no snapshot knows was left behind by a writer that died.
        return sum(
            len(lake.execute(f"CALL {call}('lake', cleanup_all => true)").fetchall())
            for call in ("ducklake_cleanup_old_files", "ducklake_delete_orphaned_files")
        )


@contextmanager
def _files_alone(postgres_url: str, waits: Callable[[str], None]) -> Iterator[None]:
    """Wait until nobody needs that no file is deleted, as a backup or an export does."""
    end, told = time.monotonic() + _FILES_SECONDS, False
    with closing(psycopg.connect(postgres_url, autocommit=True)) as connection:
        while True:
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", [FILES_LOCK]).fetchone()
            if row and row[0]:
                break
            if time.monotonic() > end:
                raise StoreUnavailableError(
                    "a backup or an export needs the lake's files for long: say the same again "
                    "when it is done"
                )
            if not told:
                waits("waiting for a backup or an export that reads the lake's files")
                told = True
            time.sleep(0.2)
        yield


def _sum_anew(lake: duckdb.DuckDBPyConnection, person: Person) -> int:
    """Sum the rollups anew that a person had a part in; return how many rows of theirs went."""
    who: dict[str, object] = {"course": person.course_id, "student": person.student_id}
    went = _count(
        lake,
        "DELETE FROM lake.rollup_student_exercise "
        "WHERE course_id = $course AND student_id = $student",
        who,
    )
    course: dict[str, object] = {"course": person.course_id}
    lake.execute(f"DELETE FROM lake.rollup_course_minute {_OF_THESE_MINUTES}", course)  # noqa: S608
    by_exercise = STUDENT_EXERCISE.partials_of("lake.events")
    put_exercises = f"INSERT INTO lake.rollup_student_exercise BY NAME FROM ({by_exercise})"
    lake.execute(f"{put_exercises} WHERE course_id = $course AND student_id = $student", who)
    by_minute = COURSE_MINUTE.partials_of("lake.events")
    put_minutes = f"INSERT INTO lake.rollup_course_minute BY NAME FROM ({by_minute})"
    lake.execute(f"{put_minutes} {_OF_THESE_MINUTES}", course)
    return went


def _count(lake: duckdb.DuckDBPyConnection, statement: str, who: dict[str, object]) -> int:
    row = lake.execute(statement, who).fetchone()
    return int(row[0]) if row else 0
