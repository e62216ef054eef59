"""Reads a course's notebooks: which cells there are, and which belong to which exercise."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ingest_api.foreseen import ForeseenError

_EXERCISE_TAG: Final = "exercise:"
_CHECK_TAG: Final = "check:"


class CourseError(ForeseenError, ValueError):
    """The folder does not hold a course that a class can work through."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell as it was handed out."""

    cell_id: str
    code: str


@dataclass(frozen=True, slots=True)
class Check:
    """A check below an exercise, with the points that it gives, if any."""

    name: str
    cell: Cell
    points: float | None = None


@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise: the student's cell and, where there is one, its check."""

    name: str
    cell: Cell
    check: Check | None = None


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook: worked examples and exercises in order, and a cell for experiments.

    Attributes:
        path: Path as JupyterLab names it where the course's folder lies in its root.
    """

    path: str
    parts: tuple[Cell | Exercise, ...]
    scratch: Cell | None

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        """The exercises in order."""
        return tuple(part for part in self.parts if isinstance(part, Exercise))


@dataclass(frozen=True, slots=True)
class Course:
    """A course: its notebooks in the order of their names."""

    notebooks: tuple[Notebook, ...]


def read_course(folder: Path) -> Course:
    """Read every notebook of a folder.

    An exercise's cell has the tag `exercise:NAME`; its check has that tag and `check:NAME`. The
    last code cell of a notebook, where it belongs to no exercise, is there for experiments.

    Raises:
        CourseError: The folder has no exercises, or a notebook cannot be understood.
    """
    notebooks = tuple(_read_notebook(path) for path in sorted(folder.glob("*.ipynb")))
    if not any(notebook.exercises for notebook in notebooks):
        raise CourseError(f"{folder}: no exercises; tag cells of its notebooks 'exercise:NAME'")
    return Course(notebooks)


def _read_notebook(path: Path) -> Notebook:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        parts = _parts([cell for cell in cells if cell["cell_type"] == "code"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CourseError(f"{path}: not a notebook of format 4.5 ({error!r})") from error
    scratch = parts.pop() if parts and isinstance(parts[-1], Cell) else None
    name = f"{path.parent.name}/{path.name}"
    return Notebook(name, tuple(parts), scratch if isinstance(scratch, Cell) else None)


def _parts(cells: list[dict[str, Any]]) -> list[Cell | Exercise]:
    parts: list[Cell | Exercise] = []
    for content in cells:
        source = content["source"]
        cell = Cell(content["id"], source if isinstance(source, str) else "".join(source))
        tags = content["metadata"].get("tags", [])
        exercise, check = _name(tags, _EXERCISE_TAG), _name(tags, _CHECK_TAG)
        last = parts[-1] if parts else None
        if exercise is None:
            parts.append(cell)
        elif check is None:
            parts.append(Exercise(exercise, cell))
        elif isinstance(last, Exercise) and last.name == exercise:
            points = content["metadata"].get("cellpulse", {}).get("points")
            parts[-1] = Exercise(exercise, last.cell, Check(check, cell, points))
        else:
            raise ValueError(f"the check {check!r} does not follow its exercise")
    return parts


def _name(tags: list[str], prefix: str) -> str | None:
    return next((tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix)), None)
