"""Reading a course's notebooks."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.simulation.course import Cell, CourseError, Exercise, read_course

WriteNotebook = Callable[..., None]


@pytest.fixture
def write_notebook(tmp_path: Path) -> WriteNotebook:
    """Return a function that writes a notebook of cells (id, tags) into the folder."""

    def write(name: str, *cells: tuple[str, list[str]]) -> None:
        content: list[dict[str, Any]] = [
            {
                "cell_type": "code",
                "id": cell_id,
                "metadata": {"tags": tags},
                "source": ["a = 1\n", "b = 2"],
            }
            for cell_id, tags in cells
        ]
        (tmp_path / name).write_text(json.dumps({"cells": content}))

    return write


def test_sample_course_is_read_in_order(course_dir: Path) -> None:
    """The sample course has twelve exercises in the order of its notebooks, each with a check."""
    notebooks = read_course(course_dir).notebooks
    assert [notebook.path for notebook in notebooks] == [
        "course/01-values.ipynb",
        "course/02-strings.ipynb",
        "course/03-loops.ipynb",
    ]
    exercises = [exercise for notebook in notebooks for exercise in notebook.exercises]
    assert [exercise.name for exercise in exercises] == [
        f"{notebook}.{number}" for notebook in (1, 2, 3) for number in (1, 2, 3, 4)
    ]
    assert all(exercise.check for exercise in exercises)
    assert all(notebook.scratch for notebook in notebooks)


def test_exercise_without_check_and_notebook_without_scratch_cell(
    tmp_path: Path, write_notebook: WriteNotebook
) -> None:
    """A cell's tag is enough for an exercise, and a last cell that has one is no scratch cell."""
    write_notebook("a.ipynb", ("example", []), ("mine", ["hard", "exercise:one"]))
    (notebook,) = read_course(tmp_path).notebooks
    cell = Cell("mine", "a = 1\nb = 2")
    assert notebook.parts == (Cell("example", "a = 1\nb = 2"), Exercise("one", cell))
    assert notebook.scratch is None


def test_check_that_does_not_follow_its_exercise_is_named(
    tmp_path: Path, write_notebook: WriteNotebook
) -> None:
    """A check in the wrong place is an error that names the notebook and the check."""
    write_notebook("a.ipynb", ("one", ["exercise:1"]), ("two", ["exercise:2", "check:2"]))
    with pytest.raises(CourseError, match=r"a\.ipynb.*the check '2'"):
        read_course(tmp_path)


@pytest.mark.parametrize("content", ["{", "[]", '{"cells": [{}]}', '{"cells": null}'])
def test_broken_notebook_is_named(tmp_path: Path, content: str) -> None:
    """A file that is not a notebook is an error that names it."""
    (tmp_path / "broken.ipynb").write_text(content)
    with pytest.raises(CourseError, match=r"broken\.ipynb"):
        read_course(tmp_path)


def test_folder_without_exercises_is_an_error(tmp_path: Path) -> None:
    """A folder without a course is an error that says what is missing."""
    with pytest.raises(CourseError, match="no exercises"):
        read_course(tmp_path)
