"""Who is in the class: each student's traits, and who is going to struggle."""

import math
from dataclasses import dataclass
from random import Random
from typing import Final, Literal, get_args

from flows.simulation.parameters import Parameters

#: How a planted struggler is stuck: in a streak of mostly the same error, without running cells,
#: in ever other errors, without errors but without progress, in the scratch cell instead of the
#: exercise, or in runs of the same few codes in quick succession.
StruggleKind = Literal["error_streak", "silence", "thrashing", "slow", "wandering", "guessing"]
#: What looks like it and needs no one: failing but getting on, a break right after a success, and
#: being through with the course.
LookAlikeKind = Literal["productive_failing", "coffee_break", "finished"]

# fmt: off
_NAMES: Final = (
    "aisha", "bo", "chidi", "dana", "elif", "farid", "grace", "hana", "ivan", "jun", "kofi",
    "lena", "mei", "noor", "omar", "priya", "quynh", "rosa", "samir", "tala", "uma", "viktor",
    "wanjiru", "ximena", "yuki", "zola",
)
# fmt: on
_STRUGGLES: Final[tuple[StruggleKind, ...]] = get_args(StruggleKind)
_LOOK_ALIKES: Final[tuple[LookAlikeKind, ...]] = get_args(LookAlikeKind)


@dataclass(frozen=True, slots=True)
class Student:
    """One student; see `parameters.toml` for the units.

    Attributes:
        skill: In logits; 0 is the average.
        pace: Factor on every time; above 1 is slower.
        persistence: Failed attempts before an exercise is put aside.
        rerun_chance: Probability of running a failed cell again as it is.
        arrives: Seconds after the start of the class.
        leaves: The same.
        episode: What is planted: how the student will be stuck, or seem to be.
        episode_from: Earliest time of it, in seconds after the start of the class.
        asks_for_help: Whether the student asks for help when stuck.
        tells_hook_version: Whether the student's client tells the version of its hook.
        learning: Gain in the log-odds of success with every attempt, in logits.
    """

    student_id: str
    skill: float
    pace: float
    persistence: int
    rerun_chance: float
    arrives: float
    leaves: float
    episode: StruggleKind | LookAlikeKind | None
    episode_from: float
    asks_for_help: bool
    tells_hook_version: bool
    learning: float

    def chance(self, difficulty: float, attempts_before: int) -> float:
        """Return the probability that the next attempt at an exercise succeeds."""
        log_odds = self.skill - difficulty + self.learning * attempts_before
        return 1 / (1 + math.exp(-log_odds))


def enrol(
    number: int,
    episode: StruggleKind | LookAlikeKind | None,
    rng: Random,
    class_seconds: float,
    parameters: Parameters,
) -> Student:
    """Draw the traits of the student with a number, from 1.

    The id, such as `mei-13`, depends on the number only.
    """
    skill = rng.gauss(0, parameters.skill_spread)
    if episode in _STRUGGLES:
        skill = parameters.struggler_skill
    elif episode == "finished":
        skill = parameters.fast_skill
    leaving = min(parameters.leaving_seconds, parameters.leaving_share * class_seconds)
    drops_out = episode is None and rng.random() < parameters.drops_out_chance
    return Student(
        student_id=f"{_NAMES[(number - 1) % len(_NAMES)]}-{number:02d}",
        skill=skill,
        pace=rng.lognormvariate(0, parameters.pace_spread),
        persistence=rng.randint(*parameters.persistence),
        rerun_chance=rng.uniform(*parameters.rerun_chance),
        arrives=min(
            rng.expovariate(1 / parameters.arrival_mean_seconds),
            parameters.latest_arrival * class_seconds,
        ),
        leaves=class_seconds - rng.uniform(0, class_seconds / 2 if drops_out else leaving),
        episode=episode,
        episode_from=min(
            rng.uniform(*parameters.stuck_after_seconds),
            parameters.stuck_before_share * class_seconds,
        ),
        asks_for_help=rng.random() < parameters.asks_for_help,
        tells_hook_version=rng.random() >= parameters.without_hook_version,
        learning=parameters.learning_per_attempt,
    )


def plant_episodes(
    students: int, rng: Random, parameters: Parameters
) -> dict[int, StruggleKind | LookAlikeKind]:
    """Choose who will struggle, and who will only seem to: the student's number and the kind."""
    wanted = max(parameters.strugglers_at_least, round(parameters.struggler_share * students))
    strugglers = min(wanted, students // 2)
    look_alikes = min(round(parameters.look_alike_share * students), students - strugglers)
    numbers = rng.sample(range(1, students + 1), strugglers + look_alikes)
    planted: dict[int, StruggleKind | LookAlikeKind] = {
        number: _STRUGGLES[order % len(_STRUGGLES)]
        for order, number in enumerate(numbers[:strugglers])
    }
    return planted | {
        number: _LOOK_ALIKES[order % len(_LOOK_ALIKES)]
        for order, number in enumerate(numbers[strugglers:])
    }
