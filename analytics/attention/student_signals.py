"""What is seen of one student in a lesson, without a look at the others.

`analytics.attention.signals` says what each signal means.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile
from statistics import median
from typing import Any, Final, NamedTuple

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: The median of fewer gaps between runs says nothing.
_FEWEST_GAPS: Final = 2

#: Error name and pattern of a failure.
Failure = tuple[str, str]


class Happened(NamedTuple):
    """An event of a student: the columns of the query `lesson_events` after the student's."""

    seen_us: int
    position: str
    type: str
    exercise: str
    notebook: str | None
    cell_id: str | None
    status: str | None
    error: str
    pattern: str
    message: str | None
    check_name: str | None
    passed: bool | None
    help_message: str | None
    session_id: str | None


#: An event and its place among the student's, from 1.
_Placed = tuple[int, Happened]


@dataclass
class AtExercise:
    """How an exercise went for a student.

    Attributes:
        began_us: First run of it; None for none.
        passed_us: First passed check; None for none.
        ok_us: First run without error; None for none.
        passed_place: Place of the latest passed check; 0 for none.
        ok_place: Place of the latest run without error; 0 for none.
        checks: Results of checks.
    """

    began_us: int | None = None
    passed_us: int | None = None
    ok_us: int | None = None
    passed_place: int = 0
    ok_place: int = 0
    checks: int = 0


@dataclass(frozen=True)
class StudentSignals:
    """What is seen of a student.

    Attributes:
        values: The signals that need nobody else, by name.
        exercises: Each exercise with an event; '' is outside exercises.
        failures: Every failure that the student had, got past or not.
        commonest: The one that most open failed runs are of; None without any.
        run_us: Time of the latest run; None without one.
    """

    values: dict[str, Any]
    exercises: dict[str, AtExercise]
    failures: frozenset[Failure]
    commonest: Failure | None
    run_us: int | None


def signals_of(events: Sequence[Happened]) -> StudentSignals:
    """Return what is seen of a student by these events, of which there is one at least."""
    placed = list(enumerate(events, 1))
    runs = [each for each in placed if each[1].type == "cell_run"]
    failed = [each for each in runs if each[1].status == "error"]
    exercises = _exercises(placed)
    open_failures = _open_failures(placed, failed, exercises)
    worst = _most(open_failures)
    exercise = next((run.exercise for _, run in reversed(runs) if run.exercise), None)
    return StudentSignals(
        values=_presence(events)
        | _work(runs, exercise)
        | _failing(open_failures, worst)
        | _failed_checks(placed, exercise)
        | _visit(runs, exercise)
        | _hand(events),
        exercises=exercises,
        failures=frozenset((run.error, run.pattern) for _, run in failed),
        commonest=(worst[-1][1].error, worst[-1][1].pattern) if worst else None,
        run_us=runs[-1][1].seen_us if runs else None,
    )


def _exercises(placed: Sequence[_Placed]) -> dict[str, AtExercise]:
    exercises: dict[str, AtExercise] = defaultdict(AtExercise)
    for place, event in placed:
        at = exercises[event.exercise]
        if event.type == "cell_run" and at.began_us is None:
            at.began_us = event.seen_us
        if event.type == "check_result":
            at.checks += 1
        if event.passed:
            at.passed_place = place
            if at.passed_us is None:
                at.passed_us = event.seen_us
        if event.status == "ok":
            at.ok_place = place
            if at.ok_us is None:
                at.ok_us = event.seen_us
    return dict(exercises)


def _open_failures(
    placed: Sequence[_Placed], failed: Sequence[_Placed], exercises: dict[str, AtExercise]
) -> list[_Placed]:
    """Return the failed runs that the student has not got past."""
    ok_cells: dict[tuple[str, str | None], int] = {
        (event.exercise, event.cell_id): place
        for place, event in placed
        if event.status == "ok" and event.cell_id is not None
    }
    # The latest place at which an exercise went well, and of any other one, to compare with.
    well = sorted(
        ((at.ok_place, exercise) for exercise, at in exercises.items() if exercise), reverse=True
    )
    (best_place, best), (second_place, _) = (*well, (0, ""), (0, ""))[:2]

    def is_open(place: int, run: Happened) -> bool:
        at = exercises[run.exercise]
        return place > max(
            ok_cells.get((run.exercise, run.cell_id), 0),
            at.passed_place,
            at.ok_place if run.cell_id is None else 0,
            second_place if run.exercise == best else best_place,
        )

    return [(place, run) for place, run in failed if is_open(place, run)]


def _most(failures: Sequence[_Placed]) -> list[_Placed]:
    """Return those of the commonest failure; of several the one that was there last."""
    same: dict[Failure, list[_Placed]] = defaultdict(list)
    for place, run in failures:
        same[run.error, run.pattern].append((place, run))
    return max(same.values(), key=lambda runs: (len(runs), runs[-1][0]), default=[])


def _presence(events: Sequence[Happened]) -> dict[str, Any]:
    latest = events[-1]
    seen_at = time_of_us(latest.seen_us)
    has_left = latest.type == "session_ended" and not _lives_one(events)
    return {
        "seen_at": seen_at,
        "left_at": seen_at if has_left else None,
        "has_failed": _has_failed(events),
    }


def _has_failed(events: Sequence[Happened]) -> bool:
    """Tell whether the latest run, or result of a check, was a failure.

    What a grader finds while a cell runs is told before the run, which is no failure for itself.
    """
    tried = (e for e in reversed(events) if e.type in ("cell_run", "check_result"))
    last = next(tried, None)
    if last is None:
        return False
    if last.type == "check_result" or last.status == "error" or last.cell_id is None:
        return last.passed is False or last.status == "error"
    in_cell = takewhile(lambda e: e.type == "check_result", tried)
    return any(e.passed is False and e.cell_id == last.cell_id for e in in_cell)


def _lives_one(events: Sequence[Happened]) -> bool:
    """Tell whether a kernel of the student goes on: of two notebooks, one was closed.

    A notebook has one kernel: where another one's events come, what was before it is gone, as after
    a crash, which ends no session.
    """
    living: dict[str | None, str] = {}
    for event in events:
        if event.session_id is None:
            continue
        if event.type != "session_ended":
            living[event.notebook or event.session_id] = event.session_id
            continue
        living = {
            notebook: session for notebook, session in living.items() if session != event.session_id
        }
    return bool(living)


def _work(runs: Sequence[_Placed], exercise: str | None) -> dict[str, Any]:
    latest = runs[-1][1] if runs else None
    gaps = [(after.seen_us - run.seen_us) / 1e6 for (_, run), (_, after) in pairwise(runs)]
    return {
        "runs": len(runs),
        "run_at": time_of_us(latest.seen_us) if latest else None,
        "run_position": latest.position if latest else None,
        "gap_minutes": median(gaps) / 60 if len(gaps) >= _FEWEST_GAPS else None,
        "exercise": exercise,
        "notebook": next(
            (run.notebook for _, run in reversed(runs) if run.notebook is not None), None
        ),
    }


def _failing(failures: Sequence[_Placed], worst: Sequence[_Placed]) -> dict[str, Any]:
    first, last, positions = _span(failures)
    error_first, error_last, error_positions = _span(worst)
    messages = [run.message for _, run in worst if run.message is not None]
    return {
        "failures": len(failures),
        "failure_exercise": (failures[-1][1].exercise or None) if failures else None,
        "failures_from": first,
        "failures_to": last,
        "failure_positions": positions,
        "error_name": (worst[-1][1].error or None) if worst else None,
        "error_message": messages[-1] if messages else None,
        "error_runs": len(worst),
        "error_from": error_first,
        "error_to": error_last,
        "error_positions": error_positions,
    }


def _failed_checks(placed: Sequence[_Placed], exercise: str | None) -> dict[str, Any]:
    failed: dict[str | None, list[_Placed]] = defaultdict(list)
    for place, event in placed if exercise is not None else ():
        if event.exercise != exercise:
            continue
        if event.passed:
            failed[event.check_name].clear()
        elif event.type == "check_result" and event.passed is False:
            failed[event.check_name].append((place, event))
    worst = max((f for f in failed.values() if f), key=lambda f: (len(f), f[-1][0]), default=[])
    first, last, positions = _span(worst)
    return {
        "check_name": worst[-1][1].check_name if worst else None,
        "check_failures": len(worst),
        "check_from": first,
        "check_to": last,
        "check_positions": positions,
    }


def _visit(runs: Sequence[_Placed], exercise: str | None) -> dict[str, Any]:
    visit = []
    for place, run in reversed(runs) if exercise is not None else ():
        if run.exercise not in ("", exercise):
            break
        if run.exercise:
            visit.append((place, run))
    first, _, positions = _span(visit[::-1])
    return {
        "visit_from": first,
        "visit_runs": len(visit),
        "visit_failures": sum(run.status == "error" for _, run in visit),
        "visit_positions": positions,
    }


def _hand(events: Sequence[Happened]) -> dict[str, Any]:
    """Return since when a hand is up: since the first request that nobody answered."""
    asked: list[Happened] = []
    is_up = False
    for event in events:
        if not event.type.startswith("help_"):
            continue
        is_up = event.type == "help_requested"
        if is_up:
            asked.append(event)
        elif event.type == "help_resolved":
            asked.clear()
    if not is_up:
        asked.clear()
    messages = [event.help_message for event in asked if event.help_message is not None]
    return {
        "help_at": time_of_us(asked[0].seen_us) if asked else None,
        "help_position": asked[-1].position if asked else None,
        "help_times": [time_of_us(event.seen_us) for event in asked],
        "help_positions": [event.position for event in asked],
        "help_message": messages[-1] if messages else None,
    }


def _span(placed: Sequence[_Placed]) -> tuple[datetime | None, datetime | None, list[str]]:
    """Return the times of the first and the last event, and the log positions of all."""
    if not placed:
        return None, None, []
    times = time_of_us(placed[0][1].seen_us), time_of_us(placed[-1][1].seen_us)
    return (*times, [event.position for _, event in placed])


def time_of_us(us: int) -> datetime:
    """Return the time that microseconds since 1970 mean."""
    return _EPOCH + timedelta(microseconds=us)
