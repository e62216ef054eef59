"""Exercises by the metadata of nbgrader, of its schemas 1, 2 and 3 and of the time before them."""

from __future__ import annotations

from typing import Any, Optional

from cellpulse_hook.mark import Mark, read_points
from cellpulse_hook.notebook_cells import Cell

_MARKER = "nbgrader"


def mark_nbgrader(cells: list[Cell], *, by_hand_only: bool = False) -> dict[int, Mark]:
    """Return the marks by the cells' places.

    A cell for a solution begins an exercise, which has its grade id for a name, and the tests up
    to the next such cell are its checks. Solution cells that follow each other before any test,
    with no heading or question between them, are one exercise. An answer that a person grades,
    and a task, is an exercise of its own. A cell that is only locked is none.

    Args:
        cells: The notebook's cells.
        by_hand_only: Leave out what no person grades.
    """
    graded = [(cell, meta) for cell in cells for meta in [_metadata(cell)] if meta]
    of_cell = {
        cell.place: meta for cell, meta in graded if not by_hand_only or _is_by_hand(cell, meta)
    }
    marks: dict[int, Mark] = {}
    exercise: Optional[str] = None  # that the next test belongs to
    is_open = False  # whether a solution cell that follows still belongs to the exercise
    for cell in cells:
        is_open = is_open and cell.title is None
        meta = of_cell.get(cell.place)
        if meta is None:
            continue
        grade_id = meta["grade_id"].strip()
        points = read_points(meta.get("points"))
        if _is_test(cell, meta):
            is_open = False
            name = exercise or grade_id
            marks[cell.place] = Mark(name, _MARKER, grade_id, grade_id, points=points)
            continue
        by_hand = _is_by_hand(cell, meta)
        if by_hand or not is_open or exercise is None:
            exercise = grade_id
        is_open = not by_hand
        points = points if by_hand else None
        marks[cell.place] = Mark(exercise, _MARKER, grade_id, points=points)
    return marks


def _metadata(cell: Cell) -> Optional[dict[str, Any]]:
    """Return what nbgrader says of a cell that is a solution, a test or a task."""
    meta = cell.metadata.get("nbgrader")
    if not isinstance(meta, dict) or not (
        meta.get("solution") or meta.get("grade") or meta.get("task")
    ):
        return None
    grade_id = meta.get("grade_id")
    return meta if isinstance(grade_id, str) and grade_id.strip() else None


def _is_test(cell: Cell, meta: dict[str, Any]) -> bool:
    return bool(
        cell.kind == "code"
        and meta.get("grade")
        and not meta.get("solution")
        and not meta.get("task")
    )


def _is_by_hand(cell: Cell, meta: dict[str, Any]) -> bool:
    return bool(meta.get("grade") or meta.get("task")) and not _is_test(cell, meta)
