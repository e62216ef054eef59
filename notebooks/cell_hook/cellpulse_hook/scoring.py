"""What the result of a check says: whether it passed, and its points. Nothing here raises."""

from __future__ import annotations

import contextlib
from typing import Any, NamedTuple, Optional

from cellpulse_hook.mark import MOST_POINTS
from cellpulse_hook.output import Heard


class Score(NamedTuple):
    """The result of a check, as its event has it.

    Attributes:
        passed: Whether nothing failed and, where there are points, all of them were given.
        points: Points that it gave.
        points_possible: Points that it can give.
    """

    passed: bool
    points: Optional[float] = None
    points_possible: Optional[float] = None


def score_assert(possible: Optional[float], *, ran_ok: bool) -> Score:
    """Return what a cell of assertions gives: all of its points, or none."""
    return Score(ran_ok, None if possible is None else possible * ran_ok, possible)


def score_nbgrader(heard: Heard, possible: Optional[float], *, ran_ok: bool) -> Score:
    """Return what nbgrader gives a locked test cell for what its run showed.

    What comes first decides, as in nbgrader's `determine_grade`: an error or anything on stderr
    gives nothing, a value that reads as a number gives that many points, any other value all.
    With neither it is all. nbgrader refuses to grade a number above `possible`; here it is
    `possible`.
    """
    failed = heard.failed or (not ran_ok and heard.value is None)
    if possible is None:
        return Score(not failed)
    points = 0.0 if failed else min(_number_in(heard.value, possible), possible)
    return Score(not failed and points >= possible, points, possible)


def score_otter(result: Any) -> Optional[Score]:
    """Return what otter's `Notebook.check` says with what it returned; None for anything else."""
    passed = _read(result, "passed_all")
    if not isinstance(passed, bool):
        return None
    points, possible = points_of(_read(result, "score")), points_of(_read(result, "possible"))
    if points is None or possible is None:
        return Score(passed)
    return Score(passed and points >= possible, points, possible)


def score_okpy(result: Any) -> Optional[Score]:
    """Return what okpy's `grade` says with the cases it counted; None for anything else.

    Like okpy, this takes a question for solved where no case failed or is locked.
    """
    if not isinstance(result, dict):
        return None
    counts = [result.get(name) for name in ("passed", "failed", "locked")]
    if not all(type(count) is int for count in counts):
        return None
    return Score(counts[1:] == [0, 0])


def score_said(passed: object, points: object, possible: object) -> Score:
    """Return the result that a notebook itself gives; see `cellpulse_hook.check`."""
    has_passed = False
    with contextlib.suppress(Exception):  # the truth of an array, for example
        has_passed = bool(passed)
    return Score(has_passed, points_of(points), points_of(possible))


def points_of(value: Any) -> Optional[float]:
    """Return a number of points that the server takes, or None for any other value."""
    if isinstance(value, (bool, str, bytes, bytearray)):
        return None
    try:
        points = float(value)
    except Exception:  # noqa: BLE001 - a student's own class may do anything
        return None
    return points if 0 <= points <= MOST_POINTS else None


def _number_in(text: Optional[str], otherwise: float) -> float:
    try:
        number = float(text or "")
    except ValueError:
        return otherwise
    return number if number >= 0 else otherwise  # not a number is neither


def _read(result: Any, name: str) -> Any:
    try:
        return getattr(result, name, None)
    except Exception:  # noqa: BLE001 - another version's internals may do anything
        return None
