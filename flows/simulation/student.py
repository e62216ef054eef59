"""Who is in the class: each student's traits, and who is going to struggle."""

import math
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from flows.simulation import parameters

#: How a planted struggler is stuck: running into error after error, or no longer running cells.
StruggleKind = Literal["error_streak", "silence"]

# fmt: off
_NAMES: Final = (
    "aisha", "bo", "chidi", "dana", "elif", "farid", "grace", "hana", "ivan", "jun", "kofi",
    "lena", "mei", "noor", "omar", "priya", "quynh", "rosa", "samir", "tala", "uma", "viktor",
    "wanjiru", "ximena", "yuki", "zola",
)
# fmt: on
_KINDS: Final[tuple[StruggleKind, ...]] = ("error_streak", "silence")


@dataclass(frozen=True, slots=True)
class Student:
    """One student; see `flows.simulation.parameters` for the units.

    Attributes:
        skill: In logits; 0 is the average.
        pace: Factor on every time; above 1 is slower.
        persistence: Failed attempts before an exercise is put aside.
        rerun_chance: Probability of running a failed cell again as it is.
        arrives: Seconds after the start of the class.
        leaves: The same.
        struggles: How the student will be stuck, for a planted struggler.
        stuck_from: Earliest time of it, in seconds after the start of the class.
    """

    student_id: str
    skill: float
    pace: float
    persistence: int
    rerun_chance: float
    arrives: float
    leaves: float
    struggles: StruggleKind | None
    stuck_from: float

    def chance(self, difficulty: float, attempts_before: int) -> float:
        """Return the probability that the next attempt at an exercise succeeds."""
        log_odds = self.skill - difficulty + parameters.LEARNING_PER_ATTEMPT * attempts_before
        return 1 / (1 + math.exp(-log_odds))


def enrol(
    number: int, struggles: StruggleKind | None, rng: Random, class_seconds: float
) -> Student:
    """Draw the traits of the student with a number, from 1.

    The id, such as `mei-13`, depends on the number only.
    """
    skill = rng.gauss(0, parameters.SKILL_SPREAD)
    leaving = min(parameters.LEAVING_SECONDS, parameters.LEAVING_SHARE * class_seconds)
    return Student(
        student_id=f"{_NAMES[(number - 1) % len(_NAMES)]}-{number:02d}",
        skill=parameters.STRUGGLER_SKILL if struggles else skill,
        pace=rng.lognormvariate(0, parameters.PACE_SPREAD),
        persistence=rng.randint(*parameters.PERSISTENCE),
        rerun_chance=rng.uniform(*parameters.RERUN_CHANCE),
        arrives=min(
            rng.expovariate(1 / parameters.ARRIVAL_MEAN_SECONDS),
            parameters.LATEST_ARRIVAL * class_seconds,
        ),
        leaves=class_seconds - rng.uniform(0, leaving),
        struggles=struggles,
        stuck_from=min(
            rng.uniform(*parameters.STUCK_AFTER_SECONDS),
            parameters.STUCK_BEFORE_SHARE * class_seconds,
        ),
    )


def plant_strugglers(students: int, rng: Random) -> dict[int, StruggleKind]:
    """Choose who will struggle, and how: the student's number and the kind."""
    wanted = max(parameters.STRUGGLERS_AT_LEAST, round(parameters.STRUGGLER_SHARE * students))
    numbers = rng.sample(range(1, students + 1), min(wanted, students // 2))
    return {number: _KINDS[order % len(_KINDS)] for order, number in enumerate(numbers)}
