"""What a slow reference needs to know of solved exercises, straight from the definitions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings

from tests.analytics.measures.histories import Event, histories

#: A position of the log behind every event: with it, measures read the events, not the rollups.
AFTER_ALL: Final = 2**62
_ACTIONS: Final = ("cell_run", "check_result", "help_requested")


@dataclass
class Work:
    """What one student did on one exercise, in order.

    Attributes:
        solved_by: 'check', or 'run' where no check was ever reported of the exercise.
        events: Every event of any type.
        attempts: Check results; runs where there are no checks.
        solution: The first passed check, or run without error.
    """

    solved_by: str
    events: list[Event] = field(default_factory=list)
    attempts: list[Event] = field(default_factory=list)
    solution: Event | None = None

    @property
    def runs(self) -> list[Event]:
        return [event for event in self.events if event["type"] == "cell_run"]


def on_any_history(
    most_events: int = 40, examples: int = 25
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test on random histories, as its argument `events`."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        return settings(
            suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples
        )(given(events=histories(most_events).map(with_positions))(test))

    return decorate


def with_positions(events: Iterable[Event]) -> list[Event]:
    """Return the events as `MemoryLake.write` will place them, with `at`, their place."""
    return [event | {"extra_place": f"{at}-0"} for at, event in enumerate(events, 1)]


def place(event: Event) -> str:
    """Return an event's position in the log."""
    return str(event["extra_place"])


def classmates(events: Iterable[Event]) -> list[str]:
    """Return the students who ran anything or got a check result."""
    return sorted({e["student_id"] for e in events if e["type"] in ("cell_run", "check_result")})


def known_exercises(events: Iterable[Event]) -> list[str]:
    """Return the exercises that any event names."""
    return sorted({event["exercise"] for event in events if event["exercise"]})


def works(events: list[Event]) -> dict[tuple[str, str], Work]:
    """Return the work on each exercise of which the student has a run or a check result."""
    checked = {event["exercise"] for event in events if event["type"] == "check_result"}
    found: dict[tuple[str, str], Work] = {}
    for event in events:
        exercise = event["exercise"]
        if not exercise:
            continue
        by_check = exercise in checked
        pair = event["student_id"], exercise
        work = found.setdefault(pair, Work("check" if by_check else "run"))
        work.events.append(event)
        if event["type"] != ("check_result" if by_check else "cell_run"):
            continue
        work.attempts.append(event)
        good = event["passed"] if by_check else event["status"] == "ok"
        if good and work.solution is None:
            work.solution = event
    begun = ("cell_run", "check_result")
    return {
        pair: work
        for pair, work in found.items()
        if any(event["type"] in begun for event in work.events)
    }


def microseconds(first: Event, second: Event) -> int:
    """Return the time between two events."""
    gap = second["occurred_at"] - first["occurred_at"]
    return int((gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds)


def actions_of(events: Iterable[Event], student: str) -> list[Event]:
    """Return a student's runs, check results and calls for help, in order."""
    return [e for e in events if e["student_id"] == student and e["type"] in _ACTIONS]


def near(expected: Any) -> Any:
    """Return something that equals the expected number to 1e-9."""
    return None if expected is None else pytest.approx(expected, abs=1e-9)


def alike(rows: Any) -> Any:
    """Return something that equals rows whose numbers are near these.

    The order in which sums are added is not fixed, and changes their last digits.
    """
    if isinstance(rows, list):
        return [alike(row) for row in rows]
    if isinstance(rows, dict):
        return {column: alike(value) for column, value in rows.items()}
    return near(rows) if isinstance(rows, float) else rows
