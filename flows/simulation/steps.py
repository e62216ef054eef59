"""What a student does at the computer, one step after the other, and how long it takes."""

from dataclasses import dataclass
from random import Random
from typing import Literal

from flows.simulation.course import Cell, Check, Exercise, Notebook
from flows.simulation.parameters import Parameters
from flows.simulation.runs import Run

StepKind = Literal["open", "close", "run", "help_requested", "help_resolved"]


@dataclass(frozen=True, slots=True)
class Step:
    """A student opened or closed a notebook, ran a cell of it, or asked for help.

    Attributes:
        kind: What was done; closing a notebook ends its kernel.
        at: When it happened, for a run when it ended, in seconds after the start of the class.
        exercise: The exercise that the cell belongs to, if any.
        check: The check that the cell is, if it is one.
    """

    at: float
    notebook: str
    kind: StepKind = "run"
    run: Run | None = None
    cell_id: str | None = None
    exercise: str | None = None
    check: Check | None = None
    duration_ms: float | None = None


class Desk:
    """One student's computer and clock.

    Attributes:
        now: Seconds after the start of the class.
    """

    def __init__(self, parameters: Parameters, rng: Random, pace: float, now: float) -> None:
        self.now = now
        self._parameters = parameters
        self._rng = rng
        self._pace = pace

    def think(self, median_seconds: float) -> None:
        """Let a time pass that varies around its median and with the student's pace."""
        varied = self._rng.lognormvariate(0, self._parameters.time_spread)
        self.now += median_seconds * self._pace * varied

    def open(self, notebook: Notebook) -> Step:
        """Open a notebook."""
        return Step(self.now, notebook.path, "open")

    def close(self, notebook: Notebook) -> Step:
        """Close a notebook and end its kernel."""
        return Step(self.now, notebook.path, "close")

    def help(self, notebook: Notebook, exercise: Exercise, *, resolved: bool) -> Step:
        """Ask for help, or have been helped."""
        kind: StepKind = "help_resolved" if resolved else "help_requested"
        return Step(
            self.now,
            notebook.path,
            kind,
            cell_id=exercise.cell.cell_id,
            exercise=exercise.name,
        )

    def run(
        self, notebook: Notebook, cell: Cell, run: Run, exercise: Exercise | None = None
    ) -> Step:
        """Run a cell, of an exercise or not; `run` is what comes of it."""
        check = exercise.check if exercise else None
        duration_ms = self._duration_ms(run)
        self.now += duration_ms / 1_000
        return Step(
            at=self.now,
            notebook=notebook.path,
            run=run,
            cell_id=cell.cell_id,
            exercise=exercise.name if exercise else None,
            check=check if check and check.cell is cell else None,
            duration_ms=duration_ms,
        )

    def _duration_ms(self, run: Run) -> float:
        if run.status == "interrupted":
            return round(1_000 * self._rng.uniform(*self._parameters.endless_seconds), 3)
        varied = self._rng.lognormvariate(0, self._parameters.duration_spread)
        return round(self._parameters.duration_ms * varied, 3)
