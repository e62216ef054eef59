"""How the report calls people, exercises and failures: on one line, and not too long."""

from collections.abc import Mapping
from typing import Final

from analytics.after_class.responses import Report, ReportExercise
from streamlit_app.after_class.fonts import without_letters
from streamlit_app.page_parts.people import called
from streamlit_app.page_parts.wording import named

_LONGEST_TEXT: Final = 90
#: They are not seen, but some scripts and emoji are wrong without them.
_JOINERS: Final = "\u200c\u200d"


def names_of(report: Report) -> Mapping[str, str]:
    """Return how each student is called who asked for help or was visited, by id.

    Behind a name that would be empty boxes on paper stands the id.
    """
    people = {
        each.student_id: shortened(each.display_name or each.student_id) for each in report.help
    }
    names = {who: _on_one_line(name) for who, name in called(people.items()).items()}
    boxes = without_letters(names.values())
    return {
        who: _on_one_line(f"{name} ({who})") if name in boxes and who not in name else name
        for who, name in names.items()
    }


def label_of(exercise: ReportExercise) -> str:
    """Return an exercise's name with its title, where that says more."""
    return shortened(named(exercise.exercise, exercise.title))


def shortened(text: str) -> str:
    """Return a text on one line, and not longer than a cell of the report takes."""
    line = _on_one_line(text)
    return line if len(line) <= _LONGEST_TEXT else line[: _LONGEST_TEXT - 1] + "…"


def _on_one_line(text: str) -> str:
    seen = "".join(sign if sign.isprintable() or sign in _JOINERS else " " for sign in text)
    return " ".join(seen.split())
