"""Queries: every file says what its numbers mean, and keeps to it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest

from analytics.lake.connection import open_lake
from analytics.queries.header import BadHeaderError
from analytics.queries.query import load_query, parse_query, query_names

VALUES: dict[str, Any] = {
    "course_id": "py",
    "student_id": "ada",
    "exercise": None,
    "now": datetime(2024, 3, 4, 9, 8, tzinfo=UTC),
    "before_ns": None,
    "heartbeats": True,
    "removed_since": datetime(2024, 3, 4, tzinfo=UTC),
    "row_limit": 10,
    "bucket_seconds": 60,
    "start": None,
    "until": None,
    "bucket_limit": 10,
    "as_of": None,
    "section": None,
    "course_ids": None,
    "partly": [],
    "sections": [],
    "lesson_minutes": 180,
    "of_exercise": "0.5",
    "exercises": ["1.2", "1.10", "0.5"],
    "planned": [],
}


@pytest.fixture(scope="module")
def lake(known_class: Any) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_lake(known_class.settings) as connection:
        yield connection


def test_there_is_a_measure_for_every_number() -> None:
    """The files found are the queries of the API."""
    assert query_names() == [
        "admin_courses",
        "as_of",
        "attention_settings",
        "class_map",
        "class_marks",
        "class_pace",
        "class_progress",
        "class_sessions",
        "class_stream",
        "code_attempts",
        "course_events",
        "courses",
        "enrolled",
        "error_clusters",
        "exercise_progress",
        "kept_events",
        "lesson_events",
        "membership",
        "own_course",
        "planned_exercises",
        "report_exercises",
        "report_help",
        "report_presence",
        "sections",
        "student_history",
        "student_notes",
        "student_sittings",
        "student_states",
        "timeline",
    ]


@pytest.mark.parametrize("name", query_names())
def test_a_header_is_complete_and_true(name: str, lake: duckdb.DuckDBPyConnection) -> None:
    """A header's name, parameters, columns and sources are those of the SQL below it."""
    query = load_query(name)
    assert query.name == name
    for text in (query.meaning, query.formula, query.unit, query.limits):
        assert len(text) > 5
    assert query.parameters.keys() == query.named_parameters
    rows = query.rows(lake, **VALUES)
    assert rows
    assert list(rows[0]) == list(query.columns)
    statement = query.sql.split("\n\n", 1)[1]
    read = re.findall(r"\b(?:lake|master)\.\w+|\bcourse_\w+(?=\()", statement)
    assert set(read) == set(query.reads)


@pytest.mark.parametrize(
    ("now", "active"),
    [
        (timedelta(minutes=5, seconds=29), 4),
        (timedelta(minutes=5, seconds=30), 3),
        (timedelta(minutes=8, seconds=29), 3),
        (timedelta(minutes=8, seconds=30), 2),
        (timedelta(minutes=11, seconds=30), 0),
    ],
)
def test_active_means_less_than_5_minutes_before_now(
    now: timedelta, active: int, lake: duckdb.DuckDBPyConnection
) -> None:
    """Exactly 5 minutes after the last event a student is no longer active."""
    values = VALUES | {"now": datetime(2024, 3, 4, 9, 0, tzinfo=UTC) + now}
    totals = load_query("class_progress").row(lake, **values)
    states = load_query("student_states").rows(lake, **values)
    assert totals["active_students"] == active
    assert sum(state["active"] for state in states) == active
    assert (totals["students"], totals["runs"]) == (5, 10)


def test_numbers_are_of_types_that_frames_keep(lake: duckdb.DuckDBPyConnection) -> None:
    """Counts are whole numbers and times know their zone, also without the API."""
    for name in ("class_progress", "exercise_progress", "student_states", "timeline"):
        for row in load_query(name).rows(lake, **VALUES):
            for column, value in row.items():
                if column.endswith("rate"):
                    assert value is None or isinstance(value, float)
                elif isinstance(value, datetime):
                    assert value.utcoffset() == timedelta(0)
                else:
                    assert value is None or isinstance(value, int | str)


@pytest.mark.parametrize("key", ["name", "meaning", "unit", "parameters", "columns", "limits"])
def test_an_incomplete_header_is_refused(key: str) -> None:
    """A query without one of its entries does not load, and the error names it."""
    sql = load_query("courses").sql.replace(f"-- {key}:", "-- other:")
    with pytest.raises(BadHeaderError, match=key):
        parse_query(sql)


def test_an_unknown_measure_is_answered_with_those_that_there_are() -> None:
    """The error for a wrong name lists the right ones."""
    with pytest.raises(BadHeaderError, match="class_progress"):
        load_query("../settings")
