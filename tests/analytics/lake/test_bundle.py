"""A bundle opens as a lake, with the numbers of the lake that it was made of."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import analytics
from analytics.errors import LakeUnavailableError
from analytics.lake.views import VIEWS
from analytics.measures.macros import create_measure_macros
from analytics.measures.measure import GRAINS, measure_names
from flows.bundle.groups import Groups
from flows.bundle.tables import write_tables
from flows.simulation.plan import plan_class
from flows.simulation.timetable import Timetable
from tests.analytics.measures.memory_lake import COURSE, MemoryLake

_AS_IN_A_BUNDLE = """
    COPY (
        SELECT
            * EXCLUDE (position, position_ns, schema_version, extra, code_sha256),
            position_ns // 1000000 AS event_number,
            code_sha256 AS code_id,
            (extra ->> 'error_line')::BIGINT AS error_line
        FROM lake.events ORDER BY position_ns
    ) TO '{file}' (FORMAT parquet)
"""


@pytest.fixture(scope="module")
def source() -> Iterator[MemoryLake]:
    """Return a lake with a simulated class."""
    sample = Path(__file__).parents[3] / "notebooks" / "course"
    plan = plan_class(
        students=10, minutes=30, seed=3, course_dir=sample, course_id=COURSE, with_code=True
    )
    timetable = Timetable(plan, datetime(2026, 3, 2, 9, tzinfo=UTC), 1.0, 0.0)
    lake = MemoryLake()
    events = (timetable.to_event(planned).model_dump() for planned in plan.events)
    lake.write({k: v for k, v in event.items() if v is not None} for event in events)
    create_measure_macros(lake.connection)
    yield lake
    lake.connection.close()


@pytest.fixture(scope="module")
def opened(source: MemoryLake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return a connection to a bundle of the class in which nothing was suppressed."""
    folder, scratch = (tmp_path_factory.mktemp(name) for name in ("bundle", "scratch"))
    source.connection.execute(_AS_IN_A_BUNDLE.format(file=scratch / "events.parquet"))
    groups = Groups(scratch / "events.parquet", scratch, 1)
    with groups.connection:
        groups.suppress()
        write_tables(groups.connection, scratch, folder)
    with analytics.open_bundle(folder) as connection:
        yield connection


def leaves(value: Any) -> Iterator[Any]:
    """Yield what stands in rows, and in the lists and structures within them."""
    if isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from leaves(part)
    else:
        yield str(value) if isinstance(value, datetime) else value


@pytest.mark.parametrize("name", measure_names())
def test_each_measure_has_the_numbers_of_the_source(
    source: MemoryLake, opened: Any, name: str
) -> None:
    """Of every grain: a bundle keeps all that measures read."""
    for grain in GRAINS:
        query = f"FROM {name}('{COURSE}', by := '{grain}', until := '2026-04-01'::TIMESTAMPTZ)"
        rows, expected = (
            sorted(connection.sql(query).fetchall(), key=lambda row: str(row[:3]))
            for connection in (opened, source.connection)
        )
        # Sums differ by the order in which they are added.
        assert list(leaves(rows)) == pytest.approx(list(leaves(expected))), grain
    assert name == "cohort_comparison" or rows


def test_views_are_those_of_connect(opened: Any) -> None:
    """Every view is there, and those that a bundle has rows of are not empty."""
    counts = {view: len(opened.sql(f"FROM {view}").fetchall()) for view in VIEWS}
    assert {view for view, count in counts.items() if not count} == {
        *("student_states", "registered_notebooks", "registered_exercises", "registered_checks"),
    }


def test_what_is_no_bundle_is_one_line(tmp_path: Path) -> None:
    """A wrong folder says what to name instead."""
    with pytest.raises(LakeUnavailableError, match="is not the folder of a bundle: name one"):
        analytics.open_bundle(tmp_path)
