"""How the report calls people, exercises and failures: on one line, and not too long."""

from typing import Final

from analytics.after_class.responses import ReportExercise, ReportHelp

_LONGEST_TEXT: Final = 90
#: They are not seen, but some scripts and emoji are wrong without them.
_JOINERS: Final = "\u200c\u200d"


def person(row: ReportHelp) -> str:
    """Return how a student is called."""
    return shortened(row.display_name or row.student_id)


def label_of(exercise: ReportExercise) -> str:
    """Return an exercise's name with its title, where that says more."""
    parts = dict.fromkeys(filter(None, (exercise.exercise, exercise.title)))
    return shortened(" · ".join(parts))


def shortened(text: str) -> str:
    """Return a text on one line, and not longer than a cell of the report takes."""
    line = " ".join(
        "".join(sign if sign.isprintable() or sign in _JOINERS else " " for sign in text).split()
    )
    return line if len(line) <= _LONGEST_TEXT else line[: _LONGEST_TEXT - 1] + "…"
