"""A lake of a hundred courses: one course's answers, and a question to all of it, in 2 GB."""

from collections.abc import Callable
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

import duckdb

from analytics.lake.connection import open_lake
from analytics.settings import LakeSettings
from bench.events import STUDENTS, cell_runs
from bench.filled_lake import add_course, add_course_again, add_states
from bench.line import OURS, Aim, Figures, Line, Row, Scale, Sides
from bench.lines.api import ask_alone, times
from bench.servers import SECRET, Server, ours, postgres
from bench.stored import stored
from flows.migrations.migrate import prepare_databases
from flows.stores.lake import LakeWriter
from flows.stores.lake_attach import attach_lake

_FILES: Final = "DuckDB on the same Parquet files"
_LIMIT: Final = "the limit"
_MEMORY_MB: Final = 2_000
_BOUND: Final = f"SET memory_limit = '{_MEMORY_MB}MB'"
#: In the middle, so that neither the first nor the last file has it.
_COURSE: Final = "course-{}"
_PER_EXERCISE: Final = """
SELECT
    exercise,
    count(DISTINCT student_id) AS started,
    count(DISTINCT student_id) FILTER (status = 'ok') AS passed,
    count(*) AS runs,
    count(*) FILTER (status = 'error') AS errors
FROM {events} WHERE type = 'cell_run' GROUP BY exercise ORDER BY exercise
"""
_HISTORY: Final = """
FROM {events} WHERE student_id = 'student-7' ORDER BY position_ns DESC LIMIT 100
"""


@contextmanager
def _prepare(folder: Path, scale: Scale) -> Sides:
    courses, events, asked = scale.of(100, 2), scale.of(1_000_000, 2_000), scale.of(10, 2)
    with ExitStack() as started:
        catalog = started.enter_context(postgres(folder))
        settings = LakeSettings(
            CELLPULSE_POSTGRES_URL=catalog.url, CELLPULSE_LAKE_PATH=str(folder / "lake")
        )
        fill_courses(settings, courses, events)
        environment = {
            "CELLPULSE_POSTGRES_URL": catalog.url,
            "CELLPULSE_LAKE_PATH": settings.lake_path,
            "CELLPULSE_SECRET": SECRET,
        }
        api = started.enter_context(ours(folder, "analytics.serve", environment))
        course = _COURSE.format(courses // 2)
        lake = started.enter_context(closing(open_lake(settings)))
        plain = started.enter_context(closing(duckdb.connect()))
        for each in (lake, plain):
            each.execute(_BOUND)
        all_files = _files(lake)
        of_course = [file for file in all_files if f"course_id={course}/" in file]

        def through_us() -> Figures:
            return {
                "exercises": ask_alone(api.url, f"/api/v1/courses/{course}/exercises", asked),
                "history": ask_alone(
                    api.url, f"/api/v1/courses/{course}/students/student-7/history", asked
                ),
                "all": times(_asking(lake, _PER_EXERCISE, "lake.events"), 1).percentile(0.5),
                "memory": _peak_mb(api),
            }

        def on_the_files() -> Figures:
            return {
                "exercises": _median(plain, _PER_EXERCISE, of_course, asked),
                "history": _median(plain, _HISTORY, of_course, asked),
                "all": _median(plain, _PER_EXERCISE, all_files, 1),
            }

        yield {OURS: through_us, _FILES: on_the_files, _LIMIT: lambda: {"memory": _MEMORY_MB}}


def fill_courses(settings: LakeSettings, courses: int, events: int) -> None:
    """Make a lake of many courses, `events` each."""
    prepare_databases(settings)
    with closing(attach_lake(settings.postgres_url, settings.lake_path, read_only=False)) as lake:
        lake.execute(_BOUND)
        add_course(lake, events, _COURSE.format(0))
        for number in range(1, courses):
            add_course_again(lake, _COURSE.format(number), number * events * 40)
    runs = enumerate(islice(cell_runs(), courses * STUDENTS))
    add_states(
        settings, stored(run | {"course_id": _COURSE.format(n // STUDENTS)} for n, run in runs)
    )
    with closing(LakeWriter(settings.postgres_url, settings.lake_path)) as writer:
        writer.maintain(30)


def _files(lake: duckdb.DuckDBPyConnection) -> list[str]:
    rows = lake.execute("SELECT data_file FROM ducklake_list_files('lake', 'events')").fetchall()
    return [str(file) for (file,) in rows]


def _asking(connection: duckdb.DuckDBPyConnection, query: str, events: str) -> Callable[[], None]:
    return partial(_ask, connection, query.format(events=events))


def _ask(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    connection.execute(query).fetchall()


def _median(
    connection: duckdb.DuckDBPyConnection, query: str, files: list[str], number: int
) -> float:
    asking = _asking(connection, query, f"read_parquet({files!r})")
    return times(asking, number).percentile(0.5)


def _peak_mb(server: Server) -> float:
    """Return the most memory that a server has held so far, in MB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    [kilobytes] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return float(kilobytes) / 1_000


_NEAR: Final = Aim("ratio", "at most", 1.5)
LINE: Final = Line(
    "big-lake",
    (
        Row("big-lake per exercise, one course", "exercises", "ms", _FILES, _NEAR),
        Row("big-lake history of one student", "history", "ms", _FILES, _NEAR),
        Row("big-lake per exercise, all courses", "all", "ms", _FILES, _NEAR),
        Row("big-lake memory of the API, peak", "memory", "MB", _LIMIT, Aim("ratio", "at most", 1)),
    ),
    _prepare,
)
