"""Remembers by which event each student solved each exercise first."""

from collections.abc import Sequence
from importlib import resources
from typing import Any, Final

from redis import Redis

#: Event by exercise of a student; with this prefix a backup has it.
_SOLVED: Final = "progress-events:solved"
_NEVER_THERE: Final = "cellpulse:never-there"


class FirstSolutions:
    """Tells first solutions from later ones; the same event is told the same again."""

    def __init__(self, redis: Redis) -> None:
        script = resources.files("flows.stores").joinpath("first_solutions.lua")
        self._note = redis.register_script(script.read_text(encoding="utf-8"))

    def among(self, solutions: Sequence[tuple[str, str]]) -> set[str]:
        """Return the events that were the first to solve their exercise.

        Args:
            solutions: Pairs of an exercise of a student and an event that solves it, in log order.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        if not solutions:
            return set()
        words = [word for pair in solutions for word in pair]
        first: Any = self._note(keys=[_SOLVED, _NEVER_THERE], args=words)
        return {event for (_, event), is_first in zip(solutions, first, strict=True) if is_first}
