"""What marks an exercise or a check in a notebook: the one place that knows it.

The hook names by it what a student runs, and `cellpulse course register` what a course consists
of, so that both come to the same names from the same notebook.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

from cellpulse_hook.mark import Mark, read_points
from cellpulse_hook.marks_nbgrader import mark_nbgrader
from cellpulse_hook.marks_questions import mark_questions, read_declared
from cellpulse_hook.notebook_cells import Cell, read_cells

_EXERCISE_TAG = "exercise:"
_CHECK_TAG = "check:"
#: Where a cell's metadata has what is Cellpulse's own: the points of a tagged check.
_OWN = "cellpulse"
#: A cell for trying things out, wherever it stands.
_SCRATCH_TAG = "scratch"


class MarkedCell(NamedTuple):
    """What a notebook says of one of its cells.

    Attributes:
        index: Its place in the notebook, of all cells, from 0.
        cell_id: None before notebook format 4.5.
        exercise: The name of its exercise; None outside exercises.
        marker: What named the exercise: `nbgrader`, `otter`, `okpy`, `tag` or `heading`.
        key: The grade id, question's name or tag that knows this cell however it is edited; None
            where only a heading names the exercise.
        check: The name of the check, where this cell is one.
        check_kind: What kind of check: `nbgrader`, `otter`, `okpy`, or `assert`, which passed
            when the cell ran without an error.
        points: Points that the check, or the answer that a person grades, can give.
        title: The heading or the question in bold above it.
    """

    index: int  # type: ignore[assignment]  # a place, not tuple's method, which nobody needs
    cell_id: Optional[str]
    exercise: Optional[str] = None
    marker: Optional[str] = None
    key: Optional[str] = None
    check: Optional[str] = None
    check_kind: Optional[str] = None
    points: Optional[float] = None
    title: Optional[str] = None


def mark_cells(notebook: dict[str, Any]) -> list[MarkedCell]:
    """Return what a decoded notebook of any format says of each of its cells, in their order.

    In this order: nbgrader's metadata, otter-grader's questions and checks, okpy's checks, the
    cell's own tag `exercise:NAME`, and in a notebook that has none of these, the heading above.
    Whatever is malformed marks nothing, cell by cell. Never raises.
    """
    cells = read_cells(notebook)
    marks = _mark_by_graders(cells, mark_questions(cells, notebook))
    tagged = {cell.place: _tagged(cell, _EXERCISE_TAG) for cell in cells}
    goes_by_headings = not marks and not any(tagged.values())
    heading = title = None
    marked = []
    for cell in cells:
        heading = cell.headings[-1] if cell.headings else heading
        title = cell.title or title
        result = MarkedCell(cell.place, cell.cell_id, title=title)
        mark = marks.get(cell.place)
        name = tagged[cell.place]
        if mark is not None:
            kind = mark.check_kind or (mark.marker if mark.check else None)
            result = result._replace(**mark._replace(check_kind=kind)._asdict())
        elif name:
            result = result._replace(exercise=name, marker="tag", key=_EXERCISE_TAG + name)
        elif goes_by_headings and heading and _SCRATCH_TAG not in cell.tags:
            result = result._replace(exercise=heading, marker="heading")
        marked.append(_with_tagged_check(result, cell))
    return marked


def first_heading(notebook: dict[str, Any]) -> Optional[str]:
    """Return the first heading of a decoded notebook, which is most often its title."""
    return next((text for cell in read_cells(notebook) for text in cell.headings), None)


def declared_questions(notebook: dict[str, Any]) -> list[tuple[int, str]]:
    """Return place and name of each question that otter-grader's own cells declare.

    A name that comes twice is a fault of the notebook's author. Never raises.
    """
    return [(question.place, question.name) for question in read_declared(read_cells(notebook))]


def _mark_by_graders(cells: list[Cell], questions: dict[int, Mark]) -> dict[int, Mark]:
    """Return nbgrader's marks together with those of the other graders' questions."""
    marks = mark_nbgrader(cells)
    if questions and not any(mark.check for mark in marks.values()):
        # A conversion left nbgrader's metadata. Only what a person grades has no question.
        names = {question.exercise for question in questions.values()}
        by_hand = mark_nbgrader(cells, by_hand_only=True).items()
        return {**{at: mark for at, mark in by_hand if mark.exercise not in names}, **questions}
    answered: dict[str, set[str]] = {}
    for place, question in questions.items():
        if place in marks and question.check is None:
            answered.setdefault(question.exercise, set()).add(marks[place].exercise)
    for place, question in questions.items():
        found = marks.get(place)
        if found is None:
            # The question's check stands below an answer that nbgrader knows: they are one.
            own = answered.get(question.exercise, set())
            exercise = next(iter(own)) if len(own) == 1 else question.exercise
            found = question._replace(exercise=exercise)
        if question.check is not None and found.check is None:
            found = found._replace(check=question.check, check_kind=question.marker)
        marks[place] = found
    return marks


def _with_tagged_check(result: MarkedCell, cell: Cell) -> MarkedCell:
    check = _tagged(cell, _CHECK_TAG)
    if check is None or result.check is not None:
        return result
    key = _CHECK_TAG + check if result.marker in (None, "tag", "heading") else result.key
    own = cell.metadata.get(_OWN)
    points = read_points(own.get("points")) if isinstance(own, dict) else None
    return result._replace(check=check, check_kind="assert", key=key, points=points)


def _tagged(cell: Cell, prefix: str) -> Optional[str]:
    named = [tag[len(prefix) :].strip() for tag in cell.tags if tag.startswith(prefix)]
    return next((name for name in named if name), None)
