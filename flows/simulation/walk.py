"""How one student works through the course: a model of reading, trying, failing and going on."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from flows.simulation import parameters
from flows.simulation.catalogue import Catalogue, Mistake
from flows.simulation.course import Cell, Course, Exercise, Notebook
from flows.simulation.runs import ran
from flows.simulation.steps import Desk, Step
from flows.simulation.student import StruggleKind, Student


@dataclass(frozen=True, slots=True)
class Struggle:
    """A time in which a planted struggler is stuck, in seconds after the start of the class."""

    student_id: str
    exercise: str
    kind: StruggleKind
    begins: float
    ends: float


class Walk:
    """One student's way through the course.

    Attributes:
        struggles: When the student was stuck, as far as the steps have been taken.
    """

    def __init__(self, student: Student, course: Course, catalogue: Catalogue, rng: Random) -> None:
        self.struggles: list[Struggle] = []
        self._student = student
        self._course = course
        self._catalogue = catalogue
        self._rng = rng
        self._desk = Desk(rng, student.pace, student.arrives)
        self._stuck_from = student.stuck_from
        self._put_aside: list[tuple[Notebook, Exercise]] = []

    def steps(self) -> Iterator[Step]:
        """Yield what the student does, in order of time, without an end."""
        for notebook in self._course.notebooks:
            yield self._desk.open(notebook)
            for part in notebook.parts:
                if isinstance(part, Exercise):
                    self._maybe_pause()
                    yield from self._work_on(notebook, part)
                else:
                    yield from self._read(notebook, part)
            if notebook.scratch and self._happens(parameters.EXPERIMENTS_CHANCE):
                for _ in range(self._rng.randint(*parameters.EXPERIMENTS_RUNS)):
                    yield self._experiment(notebook, notebook.scratch)
        while True:
            self._maybe_pause()
            yield from self._go_on()

    def _go_on(self) -> Iterator[Step]:
        """Do what a student does who is through with the course."""
        if self._put_aside:
            yield from self._work_on(*self._put_aside.pop(0))
            return
        notebook = self._rng.choice([n for n in self._course.notebooks if n.exercises])
        if notebook.scratch is None or self._happens(parameters.REVISITS):
            self._desk.think(parameters.EXPERIMENT_SECONDS)
            yield from self._solve(notebook, self._rng.choice(notebook.exercises))
        else:
            yield self._experiment(notebook, notebook.scratch)

    def _maybe_pause(self) -> None:
        if self._happens(parameters.BREAK_CHANCE):
            self._desk.now += self._rng.uniform(*parameters.BREAK_SECONDS)

    def _read(self, notebook: Notebook, example: Cell) -> Iterator[Step]:
        self._desk.think(parameters.READING_SECONDS)
        if self._happens(parameters.SKIPS_EXAMPLE):
            return
        yield self._desk.run(notebook, example, ran(example.code))
        if self._happens(parameters.REPEATS_EXAMPLE):
            self._desk.think(parameters.NEXT_CELL_SECONDS)
            yield self._desk.run(notebook, example, ran(example.code))

    def _experiment(self, notebook: Notebook, scratch: Cell) -> Step:
        self._desk.think(parameters.EXPERIMENT_SECONDS)
        tried = self._catalogue.experiments
        fails = self._happens(parameters.EXPERIMENT_FAILS)
        run = self._pick(tried.mistakes).run if fails else self._rng.choice(tried.solutions)
        return self._desk.run(notebook, scratch, run)

    def _work_on(self, notebook: Notebook, exercise: Exercise) -> Iterator[Step]:
        """Try until it is solved, by oneself or with help, or is put aside."""
        attempts = self._catalogue[exercise.name]
        effort = parameters.TIME_PER_LOGIT**attempts.difficulty
        if self._happens(parameters.RUNS_STARTER):
            self._desk.think(parameters.READING_SECONDS)
            run = ran(exercise.cell.code, *(attempts.starter_error or ()))
            yield self._desk.run(notebook, exercise.cell, run, exercise)
        self._desk.think(parameters.FIRST_ATTEMPT_SECONDS * effort)
        for attempt in range(self._student.persistence):
            if self._student.struggles and self._desk.now >= self._stuck_from:
                yield from self._be_stuck(notebook, exercise, self._student.struggles)
                yield from self._solve(notebook, exercise)
                return
            if self._happens(self._student.chance(attempts.difficulty, attempt)):
                yield from self._solve(notebook, exercise)
                return
            yield from self._fail(notebook, exercise, self._pick(attempts.mistakes))
            self._desk.think(parameters.NEXT_ATTEMPT_SECONDS * effort)
        self._put_aside.append((notebook, exercise))

    def _solve(self, notebook: Notebook, exercise: Exercise) -> Iterator[Step]:
        solution = self._rng.choice(self._catalogue[exercise.name].solutions)
        yield self._desk.run(notebook, exercise.cell, solution, exercise)
        if exercise.check:
            self._desk.think(parameters.NEXT_CELL_SECONDS)
            check = exercise.check.cell
            yield self._desk.run(notebook, check, ran(check.code), exercise)

    def _fail(self, notebook: Notebook, exercise: Exercise, mistake: Mistake) -> Iterator[Step]:
        yield self._desk.run(notebook, exercise.cell, mistake.run, exercise)
        if self._happens(self._student.rerun_chance):
            self._desk.think(parameters.NEXT_CELL_SECONDS)
            yield self._desk.run(notebook, exercise.cell, mistake.run, exercise)
        if exercise.check and mistake.check_message and self._happens(parameters.RUNS_CHECK):
            self._desk.think(parameters.NEXT_CELL_SECONDS)
            check = exercise.check.cell
            run = ran(check.code, "AssertionError", mistake.check_message)
            yield self._desk.run(notebook, check, run, exercise)

    def _be_stuck(
        self, notebook: Notebook, exercise: Exercise, kind: StruggleKind
    ) -> Iterator[Step]:
        """Make the same errors over and over, or fall silent after a few, until help comes."""
        begins = self._desk.now
        ends = begins + self._rng.uniform(*parameters.STUCK_SECONDS)
        self.struggles.append(Struggle(self._student.student_id, exercise.name, kind, begins, ends))
        errors = self._catalogue[exercise.name].errors
        runs_left = self._rng.randint(*parameters.RUNS_BEFORE_SILENCE)
        error = self._pick(errors)
        while self._desk.now < ends and (kind == "error_streak" or runs_left):
            yield self._desk.run(notebook, exercise.cell, error.run, exercise)
            runs_left -= 1
            error = error if self._happens(parameters.SAME_ERROR) else self._pick(errors)
            self._desk.think(parameters.NEXT_ATTEMPT_SECONDS)
        self._desk.now = max(self._desk.now, ends)
        self._stuck_from = self._desk.now + self._rng.uniform(*parameters.STUCK_AFTER_SECONDS)

    def _happens(self, chance: float) -> bool:
        return self._rng.random() < chance

    def _pick(self, mistakes: tuple[Mistake, ...]) -> Mistake:
        return self._rng.choices(mistakes, [mistake.weight for mistake in mistakes])[0]
