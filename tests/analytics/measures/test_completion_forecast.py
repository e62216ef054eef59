"""Forecast of completion: what remains, in the pace so far."""

from datetime import UTC, datetime, timedelta
from math import ceil, exp, sqrt
from statistics import fmean, pvariance
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.analytics.measures.evidence import (
    actions_of,
    classmates,
    known_exercises,
    microseconds,
    near,
    place,
    with_positions,
    works,
)
from tests.analytics.measures.histories import BEGIN, Event
from tests.analytics.measures.memory_lake import MemoryLake

CAP_US = 600_000_000
Pair = tuple[str, str]


class Model:
    """The model of the header, written out."""

    def __init__(self, events: list[Event]) -> None:
        done = works(events)
        solutions = {place(w.solution): pair for pair, w in done.items() if w.solution}
        self.exercises = known_exercises(events)
        self.times: dict[Pair, float] = {}
        self.own: dict[str, list[str]] = {}
        self.worked: dict[str, float] = {}
        spent: dict[str, float] = dict.fromkeys(self.exercises, 0.0)
        for student in classmates(events):
            self.own[student] = []
            worked = since = 0
            before = here = None
            for action in actions_of(events, student):
                gap = 0 if before is None else min(CAP_US, microseconds(before, action))
                worked, since, before = worked + gap, since + gap, action
                here = action["exercise"]
                if place(action) in solutions:
                    self.times[solutions[place(action)]] = since / 1e6
                    self.own[student].append(here)
                    spent[here] += since / 1e6
                    since = 0
            self.worked[student] = worked / 1e6
            if here and here not in self.own[student]:
                spent[here] += since / 1e6
        self.enough = len(self.times) >= 10
        if not self.enough:
            return
        mean = self.mean = max(1.0, sum(self.worked.values()) / len(self.times))
        self.typical = {
            name: (spent[name] + 2 * mean) / (sum(name in own for own in self.own.values()) + 2)
            for name in self.exercises
        }
        ratios = [seconds / self.typical[name] for (_, name), seconds in self.times.items()]
        self.variance = 2 * pvariance(ratios) / fmean(ratios) ** 2 if any(ratios) else 0.0

    def forecast(self, student: str, among: list[str]) -> tuple[float, float, float] | None:
        """Return value, lower and upper of what remains among some exercises."""
        if not self.enough:
            return None
        own = self.own[student]
        remaining = [name for name in among if name not in own]
        if not remaining:
            return 0.0, 0.0, 0.0
        if len(own) < 3 or len(own) < len(self.exercises) / 4:
            return None
        usual = sum(self.typical[name] for name in own)
        pace = (self.worked[student] + 2 * self.mean) / (usual + 2 * self.mean)
        parts = [pace * self.typical[name] for name in remaining]
        value = sum(parts)
        q = sum(part**2 for part in parts) / value**2
        factor = exp(1.2815515655446004 * sqrt(self.variance * (q + 1 / (len(own) + 2))))
        return value, value / factor, value * factor


def _together(found: list[tuple[float, float, float] | None], share: float) -> Any:
    known = [each for each in found if each is not None]
    at = max(1, ceil(share * len(found) - 1e-9)) - 1
    if at >= len(known):
        return None, None, None
    return tuple(sorted(column)[at] for column in zip(*known, strict=True))


@st.composite
def _classes(draw: st.DrawFn) -> list[Event]:
    """Return histories in which much is solved."""
    moment, events = BEGIN, []
    one = st.tuples(
        st.sampled_from("abcdef"), st.integers(1, 5), st.integers(0, 3), st.integers(0, 900)
    )
    for student, exercise, outcome, gap in draw(st.lists(one, min_size=15, max_size=60)):
        moment += timedelta(seconds=gap)
        status = "error" if outcome == 0 else "ok"
        event = {"type": "cell_run", "student_id": student, "exercise": str(exercise)}
        events.append(event | {"status": status, "occurred_at": moment})
    return with_positions(events)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(events=_classes())
def test_it_is_the_model_of_its_header(lake: MemoryLake, events: list[Event]) -> None:
    """Value and interval are those of the model, by student, exercise, both and class."""
    lake.clear()
    lake.write(events)
    model = Model(events)
    students = classmates(events)
    for row in lake.rows("completion_forecast", "student"):
        found = model.forecast(row["student_id"], model.exercises) or (None,) * 3
        for name, expected in zip(("value", "lower", "upper"), found, strict=True):
            assert row[name] == _close(expected)
    for row in lake.rows("completion_forecast"):
        found = model.forecast(row["student_id"], [row["exercise"]]) or (None,) * 3
        assert row["value"] == _close(found[0])
    for row in lake.rows("completion_forecast", "exercise", class_share=0.5):
        each = [model.forecast(student, [row["exercise"]]) for student in students]
        assert row["value"] == _close(_together(each, 0.5)[0])
    [row] = lake.rows("completion_forecast", "course")
    found = _together([model.forecast(student, model.exercises) for student in students], 0.8)
    for name, expected in zip(("value", "lower", "upper"), found, strict=True):
        assert row[name] == _close(expected)
    opened = lake.rows("completion_forecast", "run")
    assert {(row["student_id"], row["exercise"]): row["value"] for row in opened} == {
        pair: near(seconds) for pair, seconds in model.times.items()
    }


def _close(expected: float | None) -> Any:
    """Return the number to 1e-9 of a second, or of itself where it is many seconds."""
    return None if expected is None else pytest.approx(expected, rel=1e-9, abs=1e-9)


def _class(students: int, solved_by: dict[str, int], seconds: int = 60) -> list[Event]:
    return [
        {
            "student_id": student,
            "exercise": str(exercise),
            "status": "ok" if exercise <= solved_by.get(student, 4) else "error",
            "occurred_at": BEGIN + timedelta(seconds=seconds * exercise),
        }
        for student in (f"s{number}" for number in range(students))
        for exercise in range(5)
        if exercise <= solved_by.get(student, 4)
    ]


def test_who_is_through_has_nothing_left(lake: MemoryLake) -> None:
    """A student who solved everything has 0 seconds left, one who did not has some."""
    lake.write(_class(6, {"s0": 2}))
    now = datetime(2024, 3, 4, 10, tzinfo=UTC)
    rows = {row["student_id"]: row for row in lake.rows("completion_forecast", "student", now=now)}
    assert (rows["s1"]["value"], rows["s1"]["finish_at"]) == (0, now)
    waiting = rows["s0"]
    assert 0 < waiting["lower"] <= waiting["value"] <= waiting["upper"]
    assert waiting["remaining"] == 2
    assert waiting["finish_at"] == now + timedelta(seconds=waiting["value"])


def test_too_little_is_null(lake: MemoryLake) -> None:
    """A class with fewer than 10 solutions, or a student with fewer than 3, has no forecast."""
    lake.write(_class(2, {"s0": 3}))
    assert set(lake.values("completion_forecast", "student").values()) == {None}
    assert lake.values("completion_forecast", "course") == {None: None}
    lake.clear()
    lake.write(_class(6, {"s0": 1}))
    assert lake.values("completion_forecast", "student")["s0"] is None
    assert lake.values("completion_forecast", "course", class_share=1) == {None: None}
    assert lake.values("completion_forecast", "course", class_share=0.8) == {None: 0}
