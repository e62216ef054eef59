"""What the notebook's page sends of a cell's own metadata with the request to run it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from cellpulse_hook.marks import MarkedCell

_MOST_TAGS = 20
_MOST_CHARS = 300
_NBGRADER = ("grade_id", "solution", "grade", "task", "points")


def own_metadata(shell: Any, cell_id: Any) -> Optional[dict[str, Any]]:
    """Return what marks the cell that `shell` runs now; None where it has no such metadata.

    JupyterLab sends it, so that a cell is known also where the saved notebook has no ids (before
    format 4.5) or does not have the cell yet.

    Args:
        shell: The kernel's IPython.
        cell_id: The cell's id, as IPython has it.
    """
    parent = getattr(shell, "parent_header", None)
    metadata = parent.get("metadata") if isinstance(parent, dict) else None
    # A cell that is run by another one's code is not the one of the request.
    if not isinstance(metadata, dict) or metadata.get("cellId") != cell_id:
        return None
    found: dict[str, Any] = {}
    graded, tags = metadata.get("nbgrader"), metadata.get("tags")
    own = metadata.get("cellpulse")
    if isinstance(graded, dict):
        found["nbgrader"] = {n: graded[n] for n in _NBGRADER if _is_short(graded.get(n))}
    if isinstance(tags, list) and tags:
        found["tags"] = [
            tag for tag in tags[:_MOST_TAGS] if isinstance(tag, str) and _is_short(tag)
        ]
    if found and isinstance(own, dict) and _is_short(own.get("points")):
        found["cellpulse"] = {"points": own["points"]}
    return found or None


def mark_alone(metadata: Optional[dict[str, Any]]) -> Optional[MarkedCell]:
    """Return what marks a cell by its own metadata alone; None where nothing does."""
    if not metadata:
        return None
    from cellpulse_hook.marks import mark_cells  # noqa: PLC0415 - a kernel starts without it

    [mark] = mark_cells({"cells": [{"cell_type": "code", "metadata": metadata, "source": ""}]})
    return mark if mark.key else None


def _is_short(value: Any) -> bool:
    is_text = isinstance(value, str) and len(value) <= _MOST_CHARS
    return is_text or isinstance(value, (bool, int, float))
