"""What was planned, and what of it the class reached."""

from datetime import timedelta, tzinfo
from typing import Final

import pandas as pd

from analytics.after_class.responses import Report, ReportExercise
from streamlit_app.after_class import wording
from streamlit_app.after_class.names import label_of
from streamlit_app.after_class.sections.section import Section, clock, drawn, more
from streamlit_app.page_parts.wording import NEVER

#: What is due up to so long after a session was planned for it.
_PLANNED_AHEAD: Final = timedelta(days=7)
_SHOWN: Final = 14


def reached(report: Report, zone: tzinfo) -> Section:
    """Return the section: each exercise with its plan or when it is due, and how many did it."""
    shown = [each for each in report.exercises if each.started or _is_planned(each, report)]
    untouched = sum(each.registered for each in report.exercises if each not in shown)
    listed = shown[:_SHOWN]
    of_plan = _has_plan(report)
    notes = more(len(shown) - len(listed))
    missed = sum(of_plan and each.begun_by_end == 0 for each in shown)
    if missed:
        notes.append(wording.NOT_REACHED.format(missed))
    if untouched:
        notes.append(wording.UNTOUCHED.format(untouched))
    return Section(
        "reached",
        drawn(wording.REACHED_OF_PLAN if of_plan else wording.REACHED),
        drawn(
            (
                wording.EXERCISE,
                wording.POINTS,
                wording.PLANNED if of_plan else wording.DUE,
                wording.STARTED,
                wording.SOLVED,
                wording.BEFORE,
            )
        ),
        [
            (
                label_of(each),
                NEVER if each.points is None else f"{each.points:g}",
                _planned(each, zone) if of_plan else _due(each, zone),
                str(each.started),
                _solved(each),
                str(each.solved_before),
            )
            for each in listed
        ],
        frozenset({1, 3, 4, 5}),
        0,
        _solved_and_not(listed),
        notes if shown else [str(wording.NOTHING_REACHED), *notes],
    )


def _solved_and_not(exercises: list[ReportExercise]) -> pd.DataFrame:
    """Return how many solved each exercise, and how many only began it, for the chart."""
    return pd.DataFrame(
        [
            (each.exercise, place, kind, number)
            for each in exercises
            for place, (kind, number) in enumerate(
                (
                    (str(wording.SOLVED), each.solved),
                    (str(wording.UNSOLVED), each.started - each.solved),
                )
            )
            if each.started
        ],
        columns=["exercise", "place", "state", "students"],
    )


def _planned(exercise: ReportExercise, zone: tzinfo) -> str:
    return NEVER if exercise.planned_at is None else clock(exercise.planned_at, zone)


def _due(exercise: ReportExercise, zone: tzinfo) -> str:
    due = exercise.due_at
    return NEVER if due is None else f"{due.astimezone(zone):%m-%d %H:%M}"


def _solved(exercise: ReportExercise) -> str:
    number = str(exercise.solved)
    return wording.RAN_ONLY.format(n=number) if exercise.solved_by == "run" else number


def _has_plan(report: Report) -> bool:
    """Tell whether an instructor planned the session."""
    return any(each.planned_at is not None for each in report.exercises)


def _is_planned(exercise: ReportExercise, report: Report) -> bool:
    """Tell whether an exercise is in the session's plan.

    Without a plan it is one that is due in the session or the week after it.
    """
    if _has_plan(report):
        return exercise.planned_at is not None
    due = exercise.due_at
    return due is not None and report.start <= due <= report.until + _PLANNED_AHEAD
