"""What the result of a check says."""

from types import SimpleNamespace
from typing import Any

import pytest
from cellpulse_hook.output import Heard
from cellpulse_hook.scoring import Score, score_nbgrader, score_okpy, score_otter, score_said


class Faulty:
    """A student's or another version's object: nothing works."""

    def __bool__(self) -> bool:
        raise ValueError("ambiguous")

    def __float__(self) -> float:
        raise RuntimeError("no")

    @property
    def passed_all(self) -> bool:
        """Fail."""
        raise LookupError("no results yet")


def _heard(*shown: str | None) -> Heard:
    """Return what was heard where values and, for None, failures were shown in this order."""
    heard = Heard()
    for value in shown:
        if value is None:
            heard.note_failure()
        else:
            heard.note_value(value)
    return heard


@pytest.mark.parametrize(
    ("shown", "ran_ok", "score"),
    [
        ((), True, Score(True, 2, 2)),
        ((), False, Score(False, 0, 2)),
        ((None,), True, Score(False, 0, 2)),
        ((None, "2"), True, Score(False, 0, 2)),
        (("0.5",), True, Score(False, 0.5, 2)),
        (("0",), True, Score(False, 0, 2)),
        (("2",), True, Score(True, 2, 2)),
        (("1_0e-1",), True, Score(False, 1, 2)),
        (("3",), True, Score(True, 2, 2)),
        (("inf",), True, Score(True, 2, 2)),
        (("-1",), True, Score(True, 2, 2)),
        (("nan",), True, Score(True, 2, 2)),
        (("True",), True, Score(True, 2, 2)),
        (("'0.5'",), True, Score(True, 2, 2)),
        (("",), True, Score(True, 2, 2)),
        (("0.5", None), False, Score(False, 0.5, 2)),
        (("1", "0"), True, Score(False, 1, 2)),
    ],
)
def test_a_locked_test_is_scored_as_nbgrader_does(
    shown: tuple[str | None, ...], ran_ok: bool, score: Score
) -> None:
    """The first of an error, a line on stderr and a value decides; with none, all points."""
    assert score_nbgrader(_heard(*shown), 2.0, ran_ok=ran_ok) == score


def test_a_locked_test_without_points_can_fail() -> None:
    """Where a test gives no points, or none are known, a failure still fails it."""
    assert score_nbgrader(_heard(), 0.0, ran_ok=True) == Score(True, 0, 0)
    assert score_nbgrader(_heard(None), 0.0, ran_ok=True) == Score(False, 0, 0)
    assert score_nbgrader(_heard("0.5"), None, ran_ok=True) == Score(True)
    assert score_nbgrader(_heard(), None, ran_ok=False) == Score(False)


@pytest.mark.parametrize(
    ("result", "score"),
    [
        ({"passed_all": True, "score": 2, "possible": 2}, Score(True, 2, 2)),
        ({"passed_all": False, "score": 0.5, "possible": 2}, Score(False, 0.5, 2)),
        ({"passed_all": False, "score": 0, "possible": 0}, Score(False, 0, 0)),
        ({"passed_all": True, "score": 1, "possible": 2}, Score(False, 1, 2)),
        ({"passed_all": True}, Score(True)),
        ({"passed_all": True, "score": "all", "possible": float("nan")}, Score(True)),
        ({"passed_all": 1}, None),
        ({}, None),
    ],
)
def test_otters_result(result: dict[str, Any], score: Score | None) -> None:
    """Otter's result passed where all its tests did and gave all points; others are no result."""
    assert score_otter(SimpleNamespace(**result)) == score


@pytest.mark.parametrize(
    ("result", "score"),
    [
        ({"passed": 3, "failed": 0, "locked": 0}, Score(True)),
        ({"passed": 3, "failed": 1, "locked": 0}, Score(False)),
        ({"passed": 3, "failed": 0, "locked": 1}, Score(False)),
        ({"passed": 3, "failed": 0}, None),
        ({"passed": True, "failed": False, "locked": False}, None),
        (None, None),
        ([1, 2], None),
    ],
)
def test_okpys_result(result: Any, score: Score | None) -> None:
    """Okpy's counts passed where no case failed or is locked; anything else is no result."""
    assert score_okpy(result) == score


@pytest.mark.parametrize(
    ("passed", "points", "possible", "score"),
    [
        (True, None, None, Score(True)),
        (1, 2, 3, Score(True, 2, 3)),
        ([], 0.5, 1, Score(False, 0.5, 1)),
        (True, -1, float("inf"), Score(True)),
        (True, True, "3", Score(True)),
        (True, 10**400, b"1", Score(True)),
    ],
)
def test_what_a_notebook_says(passed: Any, points: Any, possible: Any, score: Score) -> None:
    """What is no number of points that the server takes is left out."""
    assert score_said(passed, points, possible) == score


def test_objects_that_raise_are_no_result() -> None:
    """Whatever an object does when it is asked, nothing is raised."""
    faulty = Faulty()
    assert score_said(faulty, faulty, faulty) == Score(False)
    assert score_otter(faulty) is None
    assert score_okpy(faulty) is None
