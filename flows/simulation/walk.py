"""How one student works through the course: a model of reading, trying, failing and going on."""

import math
from collections.abc import Iterator
from random import Random
from typing import Final, cast, get_args

from flows.simulation.catalogue import Catalogue, Mistake
from flows.simulation.course import Cell, Course, Exercise, Notebook
from flows.simulation.episodes import LookAlike, Struggle
from flows.simulation.kernel import Kernel, edited
from flows.simulation.parameters import Parameters
from flows.simulation.runs import Run, ran
from flows.simulation.steps import Desk, Step
from flows.simulation.student import LookAlikeKind, StruggleKind, Student

#: Failed attempts before a student who is not planted may ask, less one.
_ASKS_FROM: Final = 2


class Walk:
    """One student's way through the course.

    Attributes:
        struggles: When the student was stuck, as far as the steps have been taken.
        look_alikes: When it only looked like that.
    """

    def __init__(
        self,
        student: Student,
        course: Course,
        catalogue: Catalogue,
        rng: Random,
        parameters: Parameters,
    ) -> None:
        self.struggles: list[Struggle] = []
        self.look_alikes: list[LookAlike] = []
        self._student = student
        self._course = course
        self._catalogue = catalogue
        self._rng = rng
        self._parameters = parameters
        self._desk = Desk(parameters, rng, student.pace, student.arrives)
        self._episode_from = student.episode_from
        self._put_aside: list[tuple[Notebook, Exercise]] = []
        self._kernels: dict[str, Kernel] = {}
        self._solved: dict[str, Run] = {}

    def steps(self) -> Iterator[Step]:
        """Yield what the student does, in order of time, until all that is left is to idle."""
        for notebook in self._course.notebooks:
            yield self._desk.open(notebook)
            for part in notebook.parts:
                if isinstance(part, Exercise):
                    yield from self._maybe_pause(notebook)
                    yield from self._work_on(notebook, part)
                else:
                    yield from self._read(notebook, part)
            if notebook.scratch and self._happens(self._parameters.experiments_chance):
                for _ in range(self._rng.randint(*self._parameters.experiments_runs)):
                    yield self._experiment(notebook, notebook.scratch)
        while self._put_aside or self._student.episode != "finished":
            yield from self._go_on()
        self._look_alike("finished", None, self._desk.now, math.inf)

    def _go_on(self) -> Iterator[Step]:
        """Do what a student does who is through with the course."""
        if self._put_aside:
            yield from self._work_on(*self._put_aside.pop(0))
            return
        notebook = self._rng.choice([n for n in self._course.notebooks if n.exercises])
        yield from self._maybe_pause(notebook)
        if notebook.scratch is None or self._happens(self._parameters.revisits):
            self._desk.think(self._parameters.experiment_seconds)
            yield from self._solve(notebook, self._rng.choice(notebook.exercises))
        else:
            yield self._experiment(notebook, notebook.scratch)

    def _maybe_pause(self, notebook: Notebook) -> Iterator[Step]:
        """Have a break, or close the notebook and come back to an empty kernel."""
        if self._happens(self._parameters.break_chance):
            self._desk.now += self._rng.uniform(*self._parameters.break_seconds)
        if self._happens(self._parameters.goes_away_chance):
            away = self._rng.uniform(*self._parameters.away_seconds)
            yield from self._restart(notebook, away)

    def _restart(self, notebook: Notebook, seconds: float) -> Iterator[Step]:
        yield self._desk.close(notebook)
        self._kernels[notebook.path] = Kernel()
        self._desk.now += seconds
        yield self._desk.open(notebook)

    def _read(self, notebook: Notebook, example: Cell) -> Iterator[Step]:
        self._desk.think(self._parameters.reading_seconds)
        if self._happens(self._parameters.skips_example):
            return
        yield self._run(notebook, example, ran(example.code))
        if self._happens(self._parameters.repeats_example):
            self._desk.think(self._parameters.next_cell_seconds)
            yield self._run(notebook, example, ran(example.code))

    def _experiment(self, notebook: Notebook, scratch: Cell) -> Step:
        self._desk.think(self._parameters.experiment_seconds)
        tried = self._catalogue.experiments
        fails = self._happens(self._parameters.experiment_fails)
        run = (
            self._pick(notebook, tried.mistakes).run if fails else self._rng.choice(tried.solutions)
        )
        return self._run(notebook, scratch, self._vary(run))

    def _work_on(self, notebook: Notebook, exercise: Exercise) -> Iterator[Step]:
        """Try until it is solved, by oneself or with help, or is put aside."""
        attempts = self._catalogue[exercise.name]
        effort = self._parameters.time_per_logit**attempts.difficulty
        if self._happens(self._parameters.check_first_chance):
            yield from self._check_too_early(notebook, exercise)
        if self._happens(self._parameters.runs_starter):
            self._desk.think(self._parameters.reading_seconds)
            run = ran(exercise.cell.code, *(attempts.starter_error or ()))
            yield self._run(notebook, exercise.cell, run, exercise)
        self._desk.think(self._parameters.first_attempt_seconds * effort)
        pastes = self._happens(self._parameters.pastes_chance)
        for attempt in range(self._student.persistence):
            if self._due(*get_args(StruggleKind), "productive_failing"):
                yield from self._be_planted(notebook, exercise)
                yield from self._solve(notebook, exercise)
                return
            solves = self._happens(self._student.chance(attempts.difficulty, attempt))
            if solves or pastes:
                yield from self._solve(notebook, exercise)
                yield from self._after_success(notebook, exercise)
                return
            yield from self._fail(notebook, exercise, self._pick(notebook, attempts.mistakes))
            if attempt >= _ASKS_FROM and self._happens(self._parameters.others_ask):
                yield self._desk.help(notebook, exercise, resolved=False)
                self._desk.now += self._rng.uniform(*self._parameters.help_wait_seconds)
                yield self._desk.help(notebook, exercise, resolved=True)
                yield from self._solve(notebook, exercise)
                return
            self._desk.think(self._parameters.next_attempt_seconds * effort)
        self._put_aside.append((notebook, exercise))

    def _check_too_early(self, notebook: Notebook, exercise: Exercise) -> Iterator[Step]:
        """Run the check in a kernel that does not know the exercise's names, if it does not."""
        check = exercise.check
        error = check and self._kernel(notebook).name_error(check.cell.code)
        if check and error:
            self._desk.think(self._parameters.next_cell_seconds)
            yield self._run(notebook, check.cell, error, exercise)

    def _solve(self, notebook: Notebook, exercise: Exercise) -> Iterator[Step]:
        solution = self._vary(self._rng.choice(self._catalogue[exercise.name].solutions))
        self._solved[exercise.name] = solution
        yield self._run(notebook, exercise.cell, solution, exercise)
        if exercise.check:
            self._desk.think(self._parameters.next_cell_seconds)
            check = exercise.check.cell
            yield self._run(notebook, check, ran(check.code), exercise)

    def _after_success(self, notebook: Notebook, exercise: Exercise) -> Iterator[Step]:
        if self._due("coffee_break"):
            begins = self._desk.now
            self._desk.now += self._rng.uniform(*self._parameters.coffee_seconds)
            self._look_alike("coffee_break", exercise.name, begins, self._desk.now)
            self._episode_from = math.inf
        elif self._happens(self._parameters.restart_chance):
            self._desk.think(self._parameters.next_cell_seconds)
            yield from self._restart(notebook, 1.0)
            if self._happens(self._parameters.runs_above_chance):
                yield from self._run_above(notebook, exercise)
            else:
                yield from self._check_too_early(notebook, exercise)
                self._desk.think(self._parameters.next_cell_seconds)
                yield from self._solve(notebook, exercise)

    def _run_above(self, notebook: Notebook, exercise: Exercise) -> Iterator[Step]:
        """Run every cell up to an exercise, at once, until one of them is not solved yet."""
        for part in notebook.parts:
            if isinstance(part, Cell):
                yield self._run(notebook, part, ran(part.code))
                continue
            if part.name not in self._solved:
                return
            yield self._run(notebook, part.cell, self._solved[part.name], part)
            if part.check:
                yield self._run(notebook, part.check.cell, ran(part.check.cell.code), part)
            if part is exercise:
                return

    def _fail(self, notebook: Notebook, exercise: Exercise, mistake: Mistake) -> Iterator[Step]:
        run = self._vary(mistake.run)
        yield self._run(notebook, exercise.cell, run, exercise)
        if self._happens(self._student.rerun_chance):
            self._desk.think(self._parameters.next_cell_seconds)
            yield self._run(notebook, exercise.cell, run, exercise)
        if exercise.check and mistake.check_message and self._happens(self._parameters.runs_check):
            self._desk.think(self._parameters.next_cell_seconds)
            check = exercise.check.cell
            run = ran(check.code, "AssertionError", mistake.check_message, mistake.check_line)
            yield self._run(notebook, check, run, exercise)

    def _be_planted(self, notebook: Notebook, exercise: Exercise) -> Iterator[Step]:
        """Be stuck until help comes, or fail for a while and get on."""
        begins = self._desk.now
        if self._student.episode == "productive_failing":
            error = None
            for _ in range(self._rng.randint(*self._parameters.productive_fails)):
                error = self._other_error(notebook, exercise, error)
                yield self._run(notebook, exercise.cell, self._vary(error.run), exercise)
                self._desk.think(self._parameters.next_attempt_seconds)
            self._look_alike("productive_failing", exercise.name, begins, self._desk.now)
            self._episode_from = math.inf
            return
        kind = cast("StruggleKind", self._student.episode)
        ends = begins + self._rng.uniform(*self._parameters.stuck_seconds)
        self.struggles.append(Struggle(self._student.student_id, exercise.name, kind, begins, ends))
        asks_at = begins + self._rng.uniform(*self._parameters.asks_after_seconds)
        asks = self._student.asks_for_help and asks_at < ends
        stuck = self._stuck_runs(notebook, exercise, kind)
        asked = False
        while self._desk.now < ends and (step := next(stuck, None)):
            if step.at >= ends:
                break
            yield step
            if asks and not asked and self._desk.now >= asks_at and self._desk.now < ends:
                asked = True
                yield self._desk.help(notebook, exercise, resolved=False)
        if asks and not asked and self._desk.now < ends:
            self._desk.now = max(self._desk.now, asks_at)
            asked = True
            yield self._desk.help(notebook, exercise, resolved=False)
        self._desk.now = max(self._desk.now, ends)
        if asked:
            yield self._desk.help(notebook, exercise, resolved=True)
        self._episode_from = self._desk.now + self._rng.uniform(
            *self._parameters.stuck_after_seconds
        )

    def _stuck_runs(
        self, notebook: Notebook, exercise: Exercise, kind: StruggleKind
    ) -> Iterator[Step]:
        """Yield the runs of a student who is stuck, each after the time that it takes."""
        attempts = self._catalogue[exercise.name]
        runs_left = self._rng.randint(*self._parameters.runs_before_silence)
        guesses_left = self._rng.randint(*self._parameters.guesses)
        wrong = tuple(m for m in attempts.mistakes if m.run.status == "ok") or attempts.mistakes
        error = self._pick(notebook, attempts.errors)
        while kind != "silence" or runs_left:
            if kind == "wandering" and notebook.scratch:
                yield self._experiment(notebook, notebook.scratch)
                continue
            if kind in ("slow", "wandering"):
                self._desk.think(self._parameters.slow_seconds)
                run = self._vary(self._pick(notebook, wrong).run)
            elif kind == "guessing":
                self._desk.think(self._parameters.guess_seconds)
                run = self._vary(error.run)
            else:
                run = self._vary(error.run)
            yield self._run(notebook, exercise.cell, run, exercise)
            runs_left -= 1
            guesses_left -= 1
            if kind == "thrashing":
                error = self._other_error(notebook, exercise, error)
            elif kind != "guessing" and not self._happens(self._parameters.same_error):
                error = self._pick(notebook, attempts.errors)
            if kind == "guessing" and guesses_left <= 0:
                error = self._pick(notebook, attempts.errors)
                guesses_left = self._rng.randint(*self._parameters.guesses)
                self._desk.think(self._parameters.next_attempt_seconds)
            elif kind in ("error_streak", "silence", "thrashing"):
                self._desk.think(self._parameters.next_attempt_seconds)

    def _due(self, *kinds: str) -> bool:
        return self._student.episode in kinds and self._desk.now >= self._episode_from

    def _look_alike(
        self, kind: LookAlikeKind, exercise: str | None, begins: float, ends: float
    ) -> None:
        self.look_alikes.append(LookAlike(self._student.student_id, exercise, kind, begins, ends))

    def _other_error(
        self, notebook: Notebook, exercise: Exercise, before: Mistake | None
    ) -> Mistake:
        errors = self._catalogue[exercise.name].errors
        return self._pick(notebook, tuple(e for e in errors if e is not before))

    def _run(
        self, notebook: Notebook, cell: Cell, run: Run, exercise: Exercise | None = None
    ) -> Step:
        self._kernel(notebook).note(run)
        return self._desk.run(notebook, cell, run, exercise)

    def _kernel(self, notebook: Notebook) -> Kernel:
        return self._kernels.setdefault(notebook.path, Kernel())

    def _vary(self, run: Run) -> Run:
        return edited(run, self._rng) if self._happens(self._parameters.edits_chance) else run

    def _happens(self, chance: float) -> bool:
        return self._rng.random() < chance

    def _pick(self, notebook: Notebook, mistakes: tuple[Mistake, ...]) -> Mistake:
        """Choose a mistake that can happen in the kernel as it is, by weight."""
        kernel = self._kernel(notebook)
        possible = [m for m in mistakes if not kernel.contradicts(m.run)] or list(mistakes)
        return self._rng.choices(possible, [mistake.weight for mistake in possible])[0]
