"""What beginners write for each exercise, right and wrong, and what Python says to it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from flows.simulation.runs import Run, ran

_FILE: Final = Path(__file__).with_name("catalogue.toml")
_ANY_EXERCISE: Final = "*"


@dataclass(frozen=True, slots=True)
class Mistake:
    """A failed attempt.

    Attributes:
        run: What came of the student's cell.
        check_message: What the check's assertion says to it, where the cell itself ran.
        check_line: The line of the check at which it says so.
        weight: How often it is made, relative to the exercise's other mistakes.
    """

    run: Run
    check_message: str | None
    check_line: int | None
    weight: float


@dataclass(frozen=True)
class Attempts:
    """What is written for one exercise.

    Attributes:
        difficulty: In logits; see `parameters.SKILL_SPREAD`.
        starter_error: Name, message and line of what the cell raises as it was handed out.
        solutions: Codes that solve it, as they ran.
    """

    difficulty: float
    starter_error: tuple[str, str, int] | None
    solutions: tuple[Run, ...]
    mistakes: tuple[Mistake, ...]

    @cached_property
    def errors(self) -> tuple[Mistake, ...]:
        """The mistakes that Python itself reports."""
        return tuple(mistake for mistake in self.mistakes if mistake.run.status == "error")


class Catalogue:
    """The attempts by exercise; an exercise that is not listed gets those for any exercise."""

    def __init__(self, attempts: Mapping[str, Attempts]) -> None:
        self._attempts = attempts

    def __getitem__(self, exercise: str) -> Attempts:
        return self._attempts.get(exercise, self._attempts[_ANY_EXERCISE])

    @property
    def experiments(self) -> Attempts:
        """What is written outside exercises."""
        return self._attempts[_ANY_EXERCISE]


def read_catalogue() -> Catalogue:
    """Read the catalogue for the sample course."""
    entries = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return Catalogue({exercise: _attempts(entry) for exercise, entry in entries.items()})


def _attempts(entry: dict[str, Any]) -> Attempts:
    starter = entry.get("starter_error")
    return Attempts(
        difficulty=entry["difficulty"],
        starter_error=(starter["name"], starter["message"], starter["line"]) if starter else None,
        solutions=tuple(ran(_code(code)) for code in entry["solutions"]),
        mistakes=tuple(_mistake(mistake) for mistake in entry["mistakes"]),
    )


def _mistake(entry: dict[str, Any]) -> Mistake:
    return Mistake(
        run=ran(
            _code(entry["code"]),
            entry.get("error_name"),
            entry.get("error_message"),
            entry.get("error_line"),
        ),
        check_message=entry.get("check_message"),
        check_line=entry.get("check_line"),
        weight=entry.get("weight", 1.0),
    )


def _code(text: str) -> str:
    return text.removesuffix("\n")
