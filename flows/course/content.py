"""What notebooks say that a course consists of."""

from dataclasses import dataclass, field
from datetime import datetime

from ingest_api.foreseen import ForeseenError


class CourseContentError(ForeseenError):
    """Notebooks can't be registered; the message is one line that names the file and the place."""

    def __init__(self, message: str) -> None:
        """Say why; what a file's own name has of line breaks becomes blanks."""
        super().__init__(" ".join(message.splitlines()))


@dataclass(frozen=True, slots=True)
class CellContent:
    """How one code or answer cell can be known again.

    Attributes:
        place: Its place in the notebook, of all cells, from 0.
        cell_id: Its id; None before notebook format 4.5.
        key: The grade id, question's name or tag; None where only a heading marks it.
        code_sha256: SHA-256 of its source; None for a cell without code.
        exercise: The name that the notebook gives to its exercise; None outside exercises.
    """

    place: int
    cell_id: str | None
    key: str | None
    code_sha256: str | None
    exercise: str | None


@dataclass(frozen=True, slots=True)
class CheckContent:
    """A check: its name, its kind (see `cellpulse_hook.marks`), and what it can give."""

    name: str
    kind: str
    points: float | None


@dataclass(slots=True)
class ExerciseContent:
    """An exercise of one notebook.

    Attributes:
        mark: The name that the notebook gives to it.
        marker: What marks it, see `cellpulse_hook.marks`.
        points: Points that its checks and its answers can give; None where no cell says so.
        due_at: When it is due, UTC.
    """

    mark: str
    marker: str
    title: str
    points: float | None
    due_at: datetime | None
    cells: list[CellContent] = field(default_factory=list)
    checks: list[CheckContent] = field(default_factory=list)


@dataclass(slots=True)
class NotebookContent:
    """A notebook, with its exercises in their order.

    Attributes:
        path: Where it lies below the folder that was named, with forward slashes.
        language: Of its kernel, as far as the notebook says; empty else.
        cells: All code cells and marked cells.
    """

    path: str
    title: str
    language: str
    cells: list[CellContent] = field(default_factory=list)
    exercises: list[ExerciseContent] = field(default_factory=list)
