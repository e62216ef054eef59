"""A day's plan as one types it: a line for each exercise."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, tzinfo
from difflib import get_close_matches
from typing import Final

from analytics.plan.responses import ClassPlan, PlannedTime
from streamlit_app.language.text import Text

NO_TIME: Final = Text("Line {n}: begin it with a time, as in 09:30 {example}")
NO_SUCH_TIME: Final = Text("Line {n}: there is no time {time}; times go from 00:00 to 23:59")
NO_SUCH_EXERCISE: Final = Text("Line {n}: the course has no exercise “{exercise}”")
MEANT: Final = Text("Line {n}: the course has no exercise “{exercise}”; did you mean “{close}”?")

#: What is so much alike was meant: 1.9 is not 1.1, but loop-1 is loops-1.
_CLOSE: Final = 0.75
#: A time of day, as a keyboard for Latin or for Japanese writes it, and all after it.
_LINE: Final = re.compile(r"(?P<hour>\d{1,2})[:\uff1a.](?P<minute>\d{2})\s+(?P<exercise>\S.*)")


def as_text(plan: ClassPlan, zone: tzinfo) -> str:
    """Return a plan as one types it: a line for each exercise."""
    return "\n".join(as_lines(plan, zone))


def as_lines(plan: ClassPlan, zone: tzinfo) -> list[str]:
    """Return the lines of a plan as one types it."""
    return [f"{each.at.astimezone(zone):%H:%M} {each.exercise}" for each in plan.planned]


def read_plan(
    text: str, day: date, zone: tzinfo, exercises: Sequence[str]
) -> tuple[list[PlannedTime], list[str]]:
    """Return what a text plans for a day, and a sentence for each line that can't be read."""
    planned, wrong = [], []
    for number, written in enumerate(text.splitlines(), 1):
        line = written.strip()
        if not line:
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            wrong.append(NO_TIME.format(n=number, example=exercises[0] if exercises else "1.1"))
            continue
        exercise = found["exercise"]
        try:
            at = time(int(found["hour"]), int(found["minute"]))
        except ValueError:
            told = f"{found['hour']}:{found['minute']}"
            wrong.append(NO_SUCH_TIME.format(n=number, time=told))
            continue
        if exercise not in exercises:
            wrong.append(_unknown(number, exercise, exercises))
            continue
        moment = datetime.combine(day, at, tzinfo=zone)
        planned.append(PlannedTime(at=moment, exercise=exercise))
    return planned, wrong


def _unknown(number: int, exercise: str, exercises: Sequence[str]) -> str:
    close = get_close_matches(exercise, exercises, 1, _CLOSE)
    if not close:
        return NO_SUCH_EXERCISE.format(n=number, exercise=exercise)
    return MEANT.format(n=number, exercise=exercise, close=close[0])
