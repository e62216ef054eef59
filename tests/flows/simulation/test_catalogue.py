"""The catalogue of attempts: held to what Python really says."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from flows.simulation import catalogue
from flows.simulation.catalogue import read_catalogue
from flows.simulation.course import read_course
from tests.flows.simulation.running import error_of, line_of, run

ENTRIES: dict[str, dict[str, Any]] = tomllib.loads(
    Path(catalogue.__file__).with_name("catalogue.toml").read_text(encoding="utf-8")
)
MISTAKES = [
    pytest.param(name, mistake, id=f"{name}-{number}")
    for name, entry in ENTRIES.items()
    for number, mistake in enumerate(entry["mistakes"], 1)
]
SOLUTIONS = [
    pytest.param(name, code, id=f"{name}-{number}")
    for name, entry in ENTRIES.items()
    for number, code in enumerate(entry["solutions"], 1)
]


@pytest.fixture(scope="module")
def checks(course_dir: Path) -> dict[str, str]:
    """Return the code of each exercise's check."""
    exercises = [e for notebook in read_course(course_dir).notebooks for e in notebook.exercises]
    return {e.name: e.check.cell.code for e in exercises if e.check}


def test_every_exercise_has_attempts(checks: dict[str, str]) -> None:
    """The catalogue and the sample course name the same exercises."""
    assert set(ENTRIES) == {*checks, "*"}


@pytest.mark.parametrize(("exercise", "code"), SOLUTIONS)
def test_solution_passes_the_check(exercise: str, code: str, checks: dict[str, str]) -> None:
    """A solution of the catalogue runs and passes its exercise's check."""
    names: dict[str, Any] = {}
    run(code, names)
    run(checks.get(exercise, ""), names)


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_mistake_fails_as_the_catalogue_says(
    exercise: str, mistake: dict[str, Any], checks: dict[str, str]
) -> None:
    """A mistake raises the error, or fails the check with the message, that stands beside it."""
    names: dict[str, Any] = {}
    if "error_name" in mistake:
        told = (mistake["error_name"], mistake["error_message"], mistake.get("error_line"))
        assert error_of(mistake["code"], names) == told
        assert "check_message" not in mistake
    else:
        run(mistake["code"], names)
        with pytest.raises(AssertionError) as failed:
            run(checks[exercise], names)
        told = (str(failed.value), line_of(failed.value))
        assert told == (mistake["check_message"], mistake["check_line"])


def test_starter_fails_as_the_catalogue_says(course_dir: Path) -> None:
    """A cell as it was handed out raises the error that the catalogue names, and no other."""
    known = read_catalogue()
    for notebook in read_course(course_dir).notebooks:
        for exercise in notebook.exercises:
            assert error_of(exercise.cell.code, {}) == known[exercise.name].starter_error


def test_every_exercise_has_errors_to_get_stuck_on() -> None:
    """A struggler finds at least two different errors in every exercise."""
    known = read_catalogue()
    assert all(len(known[exercise].errors) >= 2 for exercise in ENTRIES)


def test_unknown_exercise_gets_general_attempts() -> None:
    """An exercise that the catalogue does not list is attempted all the same."""
    assert read_catalogue()["a new one"].solutions
