"""What holds for every measure of a class's runs, whatever it measures."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.measures.macros import create_measure_macros
from analytics.measures.measure import GRAINS, measure_names
from tests.analytics.measures.evidence import alike, near, on_any_history
from tests.analytics.measures.histories import BEGIN, Event, histories
from tests.analytics.measures.memory_lake import COURSE, MemoryLake

_NOW: Final = datetime(2034, 1, 1, tzinfo=UTC)
#: Every measure is asked about every history within one test.
pytestmark = pytest.mark.timeout(600)

_WIDE: Final = ("course", "student", "exercise")
#: Measures whose value for a student is the sum over the exercises, and by run over the runs.
_SUMS: Final = ("repeated_error_density",)
#: Averages, each with the number of what it is averaged over.
_AVERAGES: Final = {
    "error_quotient": "pairs",
    "watwin": "pairs",
    "npsm": "active_seconds",
    "guessing": "after_failure",
    "execution_order": "runs",
}


@on_any_history()
def test_a_sum_is_that_of_its_parts(lake: MemoryLake, events: list[Event]) -> None:
    """A wider group's number is the sum over its runs, null where none of them has one."""
    lake.clear()
    lake.write(events)
    for name in _SUMS:
        runs = lake.rows(name, "run")
        for wide in _WIDE:
            parts = _grouped(runs, wide)
            for key, value in lake.values(name, wide).items():
                known = [row["value"] for row in parts[key] if row["value"] is not None]
                assert value == near(sum(known) if known else None), (name, wide, key)


@on_any_history()
def test_an_average_is_that_of_its_parts(lake: MemoryLake, events: list[Event]) -> None:
    """A wider group's number is the mean over its runs, each with its own weight."""
    lake.clear()
    lake.write(events)
    for name, weight in _AVERAGES.items():
        runs = lake.rows(name, "run")
        for wide in (*_WIDE, "student_exercise"):
            parts = _grouped(runs, wide)
            for row in lake.rows(name, wide):
                counted = [part for part in parts[_key(row, wide)] if part["value"] is not None]
                total = sum(part[weight] for part in counted)
                assert (row[weight] or 0) == near(total), (name, wide, row)
                if total:
                    mean = sum(part["value"] * part[weight] for part in counted) / total
                    assert row["value"] == near(mean), (name, wide, row)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(events=histories(30), data=st.data())
def test_the_order_of_arrival_does_not_matter(
    lake: MemoryLake, events: list[Event], data: st.DataObject
) -> None:
    """Events that arrive late and in another order give the same numbers."""
    moments = [BEGIN + timedelta(seconds=number * 7) for number in range(len(events))]
    events = [
        event | {"occurred_at": moment, "received_at": BEGIN + timedelta(days=1)}
        for event, moment in zip(events, moments, strict=True)
    ]
    lake.clear()
    lake.write(events)
    expected = {name: lake.values(name, now=_NOW) for name in measure_names()}
    lake.clear()
    lake.write(data.draw(st.permutations(events)))
    for name, values in expected.items():
        assert lake.values(name, now=_NOW) == alike(values), name


@on_any_history(examples=5)
def test_a_section_is_measured_as_a_class_of_its_own(lake: MemoryLake, events: list[Event]) -> None:
    """Whatever the other students do, a section has the numbers of a class of its students."""
    section = [event for event in events if event["student_id"] != "cy"]
    # The exercises of a course are those that anybody has met, and whether one has checks is known
    # from everybody's results.
    met = {event["exercise"] for event in section}
    events = [event for event in events if event["exercise"] in met]
    checked = {event["exercise"] for event in section if event["type"] == "check_result"}
    events = [e for e in events if e["type"] != "check_result" or e["exercise"] in checked]
    asked = list(product(measure_names(), GRAINS[:4]))
    lake.clear()
    lake.write(section)
    alone = {(name, by): lake.rows(name, by, now=_NOW) for name, by in asked}
    lake.clear()
    lake.write(events)
    lake.put_into("A", "ada", "bob")
    lake.put_into("B", "cy")
    for (name, by), expected in alone.items():
        found = lake.rows(name, by, now=_NOW, section="A")
        assert found == alike(expected), (name, by)


@pytest.mark.parametrize("name", measure_names())
@pytest.mark.parametrize("by", GRAINS)
def test_a_class_without_events_has_no_number(name: str, by: Any, lake: MemoryLake) -> None:
    """Nothing was run: the class has one row without a value, and nothing else is there."""
    assert [row["value"] for row in lake.rows(name, by)] == ([None] if by == "course" else [])


@on_any_history(examples=10)
def test_a_notebook_s_macro_has_the_same_numbers(lake: MemoryLake, events: list[Event]) -> None:
    """The table macro returns what the API's rows hold, parameters at their defaults."""
    lake.clear()
    lake.write(events)
    create_measure_macros(lake.connection)
    for name in measure_names():
        found = lake.connection.execute(
            f"SELECT student_id, nullif(exercise, ''), value "
            f"FROM {name}('{COURSE}', by := 'student_exercise', until := '{_NOW}'::TIMESTAMPTZ)"
        ).fetchall()
        values = {(student, exercise): value for student, exercise, value in found}
        for row in lake.rows(name, until=_NOW, now=_NOW):
            value = values.get((row["student_id"], row["exercise"]))
            assert value == near(row["value"]), (name, row)


def _grouped(rows: list[dict[str, Any]], by: Any) -> dict[Any, list[dict[str, Any]]]:
    groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[_key(row, by)].append(row)
    return groups


def _key(row: dict[str, Any], by: Any) -> Any:
    """Return a row's key as `MemoryLake.values` has it."""
    key = tuple(
        row[name]
        for name in ("student_id", "exercise")
        if by in (name.removesuffix("_id"), "student_exercise")
    )
    return key[0] if len(key) == 1 else key or None
