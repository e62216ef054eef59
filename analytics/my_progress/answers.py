"""Answers about one student, for that student: nothing in them is of any other student."""

from datetime import UTC, datetime
from typing import Final

from duckdb import DuckDBPyConnection as Lake

from analytics.answers import exercises_of, require_member
from analytics.attention.answers import attention
from analytics.attention.responses import Attention, Listed, Mark, Reason
from analytics.my_progress.responses import ExerciseState, Hand, OwnExercise, OwnOverview
from analytics.past import as_of
from analytics.queries.query import load_query

#: Of fewer others than this nothing is told: what one of them did could be guessed.
FEWEST_OTHERS: Final = 5
_STATES: Final[dict[str, ExerciseState]] = {
    ".": "not_started",
    "w": "working",
    "f": "failing",
    "s": "solved",
    "r": "ran",
}


def overview(lake: Lake, course_id: str, student_id: str) -> OwnOverview:
    """Return how far a student is, and what the instructors see of the student now.

    Raises:
        Problem: 404 for an unknown course or student.
    """
    require_member(lake, course_id, student_id)
    now = datetime.now(UTC)
    known = load_query("own_course").row(lake, course_id=course_id, student_id=student_id)
    exercises = exercises_of(lake, course_id, student_id=student_id)
    row = load_query("class_map").row(
        lake,
        course_id=course_id,
        section=None,
        exercises=[each.exercise for each in exercises],
        now=now,
        student_id=student_id,
        as_of=None,
    )
    failed_runs = iter(row["failed_runs"])
    listed = attention(lake, course_id, None, None)
    own = _own(listed, student_id)
    # Whoever is snoozed, or was helped, is off the list, whatever there was to list.
    reasons = own.reasons if own is not None and own in listed.students else []
    return OwnOverview(
        as_of=as_of(lake, now, "lake", "postgres"),
        course_id=course_id,
        student_id=student_id,
        now=now,
        exercise=row["exercise"],
        last_run_at=row["last_run_at"],
        exercises=[
            OwnExercise(
                exercise=each.exercise,
                title=each.title,
                notebook=each.notebook,
                state=_STATES[letter],
                is_solved=each.passed > 0,
                failed_runs=next(failed_runs) if letter == "f" else 0,
            )
            for each, letter in zip(exercises, row["states"], strict=True)
        ],
        reasons=[without_few_others(reason) for reason in reasons],
        hand=None if own is None else _hand(own),
        mark=_without_whose(None if own is None else own.mark),
        **known,
    )


def _without_whose(mark: Mark | None) -> Mark | None:
    """Return a mark without the account of who set it: an instructor is coming, whoever it is."""
    return None if mark is None else mark.model_copy(update={"by": None})


def without_few_others(reason: Reason) -> Reason:
    """Return a reason as it is, or without what it says of fewer than `FEWEST_OTHERS` others."""
    others = reason.values.get("others")
    started = reason.values.get("others_started")
    counts = [count for count in (others, started) if isinstance(count, int)]
    if not counts or min(counts) >= FEWEST_OTHERS:
        return reason
    values = {
        name: value
        for name, value in reason.values.items()
        if not name.startswith(("others", "median"))
    }
    # What compares with others comes after a semicolon, or after the word while.
    text = reason.text.partition(";")[0].partition(" while ")[0].rstrip(",")
    return reason.model_copy(update={"text": text, "values": values})


def _own(listed: Attention, student_id: str) -> Listed | None:
    everyone = (*listed.students, *listed.snoozed, *listed.helped)
    return next((each for each in everyone if each.student_id == student_id), None)


def _hand(own: Listed) -> Hand | None:
    up = (reason for reason in own.reasons if reason.code == "hand_up")
    return next((Hand(since=reason.since, place=own.help_place) for reason in up), None)
