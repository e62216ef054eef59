"""Progress: solved, points, and the rollups that live use reads."""

from itertools import product
from typing import Any

from tests.analytics.measures.evidence import (
    AFTER_ALL,
    alike,
    classmates,
    known_exercises,
    near,
    on_any_history,
    place,
    works,
)
from tests.analytics.measures.histories import BEGIN, Event
from tests.analytics.measures.memory_lake import MemoryLake


def reference(events: list[Event], students: list[str], exercises: list[str]) -> dict[str, Any]:
    """Return the row of some students and exercises, pair by pair, from the definitions."""
    done = works(events)
    pairs = list(product(students, exercises))
    if not pairs:
        return dict.fromkeys(("value", "started", "attempted", "solved", "points"))
    mine = [done[pair] for pair in pairs if pair in done]
    solved = sum(work.solution is not None for work in mine)
    points = [_points(events, *pair) for pair in pairs]
    scored = [each for each in points if each is not None]
    return {
        "value": solved / len(pairs),
        "started": len(mine),
        "attempted": sum(bool(work.attempts) for work in mine),
        "solved": solved,
        "points": sum(scored) if scored else None,
    }


def _points(events: list[Event], student: str, exercise: str) -> float | None:
    here = [e for e in events if e["exercise"] == exercise and e.get("points") is not None]
    if not here:
        return None
    best: dict[str, float] = {}
    for event in here:
        if event["student_id"] == student:
            name = event["check_name"]
            best[name] = max(best.get(name, event["points"]), event["points"])
    return sum(best.values())


def _check(row: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, value in expected.items():
        assert row[name] == near(value), (row, name)


@on_any_history()
def test_it_is_the_share_of_pairs_that_are_solved(lake: MemoryLake, events: list[Event]) -> None:
    """Every grain counts the pairs of the definition, and sums the best points of each check."""
    lake.clear()
    lake.write(events[:7])
    lake.write(events[7:])  # the rollups merge
    students, exercises = classmates(events), known_exercises(events)
    for row in lake.rows("progress", "course"):
        _check(row, reference(events, students, exercises))
    for row in lake.rows("progress", "student"):
        own = [row["student_id"]] if row["student_id"] in students else []
        _check(row, reference(events, own, exercises))
    for row in lake.rows("progress", "exercise"):
        _check(row, reference(events, students, [row["exercise"]] if row["exercise"] else []))
    for row in lake.rows("progress", "student_exercise"):
        one = [row["exercise"]] if row["exercise"] else []
        _check(row, reference(events, [row["student_id"]], one))


@on_any_history(examples=10)
def test_the_rollups_and_the_whole_log_agree(lake: MemoryLake, events: list[Event]) -> None:
    """What live use reads from the rollups is what the plain definition says of the log."""
    lake.clear()
    lake.write(events[:11])
    lake.write(events[11:])
    for by in ("course", "exercise", "student", "student_exercise", "run"):
        for name in ("progress", "error_rate", "difficulty", "pace", "time_to_solve"):
            of_log = lake.rows(name, by, as_of=AFTER_ALL)
            assert lake.rows(name, by) == alike(of_log), (name, by)


@on_any_history()
def test_runs_add_up_to_it(lake: MemoryLake, events: list[Event]) -> None:
    """By run there is one solution of each solved pair, and points add up."""
    lake.clear()
    lake.write(events)
    runs = lake.rows("progress", "run")
    solutions = {row["position"] for row in runs if row["value"]}
    assert solutions == {place(w.solution) for w in works(events).values() if w.solution}
    [whole] = lake.rows("progress", "course")
    assert sum(row["points"] or 0 for row in runs) == near(whole["points"] or 0)
    for name in ("started", "attempted", "solved"):
        assert sum(row[name] for row in runs) == (whole[name] or 0)


def _event(student: str, minute: int, **fields: Any) -> Event:
    when = BEGIN.replace(minute=minute)
    return {"student_id": student, "exercise": "1", "occurred_at": when} | fields


def _result(student: str, minute: int, passed: bool, **fields: Any) -> Event:
    given = {"type": "check_result", "check_name": "sum", "passed": passed}
    return _event(student, minute, **given | fields)


def test_a_run_counts_only_where_nothing_checks(lake: MemoryLake) -> None:
    """A run without error solves an exercise until a check of it is reported, by anyone."""
    lake.write([_event("ada", 1, status="ok")])
    [row] = lake.rows("progress", "exercise")
    assert (row["value"], row["solved_by"]) == (1, "run")
    lake.write([_result("bob", 2, passed=False)])
    [row] = lake.rows("progress", "exercise")
    assert (row["value"], row["solved_by"], row["attempted"]) == (0, "check", 1)


def test_a_check_that_was_reported_outside_of_the_span_still_rules(lake: MemoryLake) -> None:
    """An exercise with checks isn't solved by a run in a span of time without any result."""
    lake.write([_event("ada", 1, status="ok"), _result("ada", 5, passed=True)])
    assert lake.values("progress", "course", until=BEGIN.replace(minute=4)) == {None: 0}
    assert lake.values("progress", "course", as_of=1_000_000) == {None: 1}


def test_later_results_take_nothing_back(lake: MemoryLake) -> None:
    """Solved stays solved, and points are the best of each check."""
    lake.write(
        [
            _result("ada", 1, passed=True, points=2, points_possible=2),
            _result("ada", 2, passed=False, points=0, points_possible=2),
            _result("ada", 3, passed=False, check_name="mean", points=1, points_possible=3),
        ]
    )
    [row] = lake.rows("progress")
    assert (row["value"], row["points"], row["points_possible"]) == (1, 3, 5)
    assert [row["points"] for row in lake.rows("progress", "run")] == [2, 0, 1]


def test_who_did_nothing_has_no_number(lake: MemoryLake) -> None:
    """A student without a run or result is null, one who only ran something else is 0."""
    lake.write(
        [
            _event("ada", 1, status="error"),
            _event("bob", 1, status="ok", exercise=None),
            _event("cy", 1, type="heartbeat"),
        ]
    )
    assert lake.values("progress", "student") == {"ada": 0, "bob": 0, "cy": None}
    assert lake.values("progress", "course") == {None: 0}
