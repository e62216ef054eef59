"""What can be seen of each student of a lesson at one moment, beside the others.

A failed run is open until the student runs the same cell of the same exercise without error (where
no cell is named: any cell of the exercise), passes a check of the exercise, or runs a cell of
another exercise without error. A check's failed results are open until it is passed. A visit is a
student's latest runs of one exercise without a run of another one between them; runs outside
exercises don't end it. An exercise is solved by a passed check, or where nobody got a check's
result in the lesson, by a run without error.

A student who works without running cells, or on paper, looks silent. A failed cell that was deleted
stays open until the exercise's check is passed or another exercise goes well.

The signals of a student, by name; times are in UTC:

- student_id: A student with an event in the lesson.
- seen_at: Time of the student's latest event.
- left_at: When the student's last kernel ended; null while one lives, as one of two notebooks.
- runs: Cell runs of the lesson.
- run_at: Time of the latest run; null without one.
- run_position: Its log position.
- has_failed: Whether the latest run, or result of a check, was a failure; so is a run in whose cell
  a check had just failed, as its result is told first.
- gap_minutes: Median time between two of the student's runs; null below two gaps.
- exercise: Exercise of the latest run of one; null without one.
- notebook: Notebook of the latest run that names one.
- failures: Open failed runs.
- failure_exercise: Exercise of the latest one.
- failures_from: Time of the first open one.
- failures_to: Time of the latest one.
- failure_positions: Their log positions.
- error_name: The commonest error among them, by name and pattern (error_pattern.sql).
- error_message: Its latest message, the first line of it.
- error_runs: How often it is there.
- error_from: Time of its first.
- error_to: Time of its latest.
- error_positions: Log positions of its runs.
- error_others: Other students who had the same failure in the lesson.
- others: Other students with a run in the lesson.
- others_at_work: Those of them with a run in the last 5 minutes.
- check_name: The check that failed most often without being passed since, of the exercise.
- check_failures: How often.
- check_from: Time of the first of these results.
- check_to: Time of the latest.
- check_positions: Their log positions.
- visit_from: Time of the first run of the visit to the exercise.
- visit_runs: Runs of it.
- visit_failures: Those that failed.
- visit_positions: Log positions of its runs.
- has_solved: Whether the student has solved the exercise.
- others_started: Other students with a run of the exercise.
- others_solved: Those of them who have solved it.
- others_minutes: Median time that these took from their first run of it, in minutes.
- solved: Exercises that the student has solved in the lesson.
- median_solved: The median of that over everyone with a run.
- help_at: Since when the student's hand is up; null where it is not.
- help_position: Log position of the latest request.
- help_times: Times of each request since the hand is up.
- help_positions: Their log positions.
- help_message: What the student asked last while the hand was up; null where nothing.
"""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from statistics import median
from typing import Final

from duckdb import DuckDBPyConnection as Lake

from analytics.attention.rule import LESSON_MINUTES, Signals
from analytics.attention.student_signals import (
    AtExercise,
    Happened,
    StudentSignals,
    signals_of,
)
from analytics.queries.query import load_query

#: Whoever ran a cell less than so long ago is at work.
_AT_WORK: Final = timedelta(minutes=5)


def attention_signals(
    lake: Lake,
    part: tuple[str, str | None],
    now: datetime,
    asked_ns: int | None = None,
    lesson_minutes: int = LESSON_MINUTES,
) -> list[Signals]:
    """Return the signals of each student with an event in the lesson.

    Args:
        lake: As `open_lake()` returns it.
        part: The course, and the section of it, whose students are also the others to compare
            with; None for all of it.
        now: The moment; nothing seen later counts.
        asked_ns: Only events up to this position of the log; None for no bound.
        lesson_minutes: Nothing older than this counts.
    """
    course_id, section = part
    rows = load_query("lesson_events").tuples(
        lake,
        course_id=course_id,
        section=section,
        now=now,
        as_of=asked_ns,
        lesson_minutes=lesson_minutes,
    )
    students = {
        student_id: signals_of([Happened._make(row[1:]) for row in own])
        for student_id, own in groupby(rows, itemgetter(0))
    }
    others = _Class(students.values(), now)
    return [
        {"student_id": student_id, **own.values, **others.beside(own)}
        for student_id, own in students.items()
    ]


@dataclass
class _Exercise:
    """How an exercise goes for a class: who began it, who solved it, how many minutes that took."""

    started: int = 0
    solved: int = 0
    minutes: list[float] = field(default_factory=list)


class _Class:
    """What a student is compared with."""

    def __init__(self, students: Collection[StudentSignals], now: datetime) -> None:
        self._works_since = now - _AT_WORK
        self._checked = {
            name for one in students for name, at in one.exercises.items() if at.checks
        }
        self._had = Counter(failure for one in students for failure in one.failures)
        self._exercises = self._by_exercise(students)
        at_work = [one for one in students if one.values["runs"]]
        self._students = len(at_work)
        self._at_work = sum(map(self._works, at_work))
        self._median_solved = (
            float(median(len(self._solved(one)) for one in at_work)) if at_work else None
        )

    def beside(self, one: StudentSignals) -> Signals:
        """Return a student's signals that tell of others too."""
        exercise = one.values["exercise"]
        own, of_all = one.exercises.get(exercise, AtExercise()), self._exercises[exercise]
        minutes = self._minutes(exercise, own)
        return {
            "error_others": self._had[one.commonest] - 1 if one.commonest else 0,
            "others": self._students - bool(one.values["runs"]),
            "others_at_work": self._at_work - self._works(one),
            "has_solved": self._solved_us(exercise, own) is not None,
            "others_started": of_all.started - (own.began_us is not None),
            "others_solved": of_all.solved - (minutes is not None),
            "others_minutes": _median_without(of_all.minutes, minutes),
            "solved": len(self._solved(one)),
            "median_solved": self._median_solved,
        }

    def _by_exercise(self, students: Iterable[StudentSignals]) -> dict[str | None, _Exercise]:
        exercises: dict[str | None, _Exercise] = defaultdict(_Exercise)
        for one in students:
            for name, at in one.exercises.items():
                if name:
                    minutes = self._minutes(name, at)
                    exercises[name].started += at.began_us is not None
                    exercises[name].solved += minutes is not None
                    if minutes is not None:
                        insort(exercises[name].minutes, minutes)
        return exercises

    def _works(self, one: StudentSignals) -> bool:
        run_at = one.values["run_at"]
        return run_at is not None and run_at > self._works_since

    def _solved(self, one: StudentSignals) -> list[str]:
        return [
            name
            for name, at in one.exercises.items()
            if name and self._solved_us(name, at) is not None
        ]

    def _solved_us(self, name: str | None, at: AtExercise) -> int | None:
        return at.passed_us if name in self._checked else at.ok_us

    def _minutes(self, name: str | None, at: AtExercise) -> float | None:
        """Return how long the way from the first run to the solution took."""
        solved_us = self._solved_us(name, at)
        if solved_us is None or at.began_us is None:
            return None
        return (solved_us - at.began_us) / 1e6 / 60


def _median_without(in_order: Sequence[float], own: float | None) -> float | None:
    """Return the median of the others' numbers; None where there are none."""
    skipped = len(in_order) if own is None else bisect_left(in_order, own)
    others = len(in_order) - (own is not None)
    if not others:
        return None
    low, high = (in_order[place + (place >= skipped)] for place in ((others - 1) // 2, others // 2))
    return (low + high) / 2
