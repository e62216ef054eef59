"""The exercises of a course, one row each, as HTML. All data is escaped."""

from collections.abc import Iterable
from html import escape
from typing import Final

from analytics.responses import ExerciseProgress
from streamlit_app.addresses import address
from streamlit_app.language.text import Text
from streamlit_app.page_parts.tables import Column, row_cells, table
from streamlit_app.page_parts.wording import file_name, percent

RAN_ONLY: Final = (
    Text("ran only"),
    Text("No check was ever reported here: these students only ran it without an error"),
)
EXERCISE_COLUMNS: Final = (
    Column(Text("Exercise")),
    Column(Text("Notebook"), on_phone=False),
    Column(Text("Started"), is_number=True),
    Column(Text("Solved"), is_number=True),
    Column(Text("Runs with an error"), is_number=True),
)
EXERCISE_CAPTION: Final = Text("The exercises")


def exercise_table(exercises: Iterable[ExerciseProgress], course_id: str | None = None) -> str:
    """Return one row an exercise, in the order of the course; with a course, names are links."""
    rows = []
    for each in exercises:
        solved = str(each.passed)
        if each.passed_by != "check":
            word, meaning = RAN_ONLY
            solved = f'<span class="cp-weak" title="{escape(str(meaning))}">{word} {solved}</span>'
        name = escape(each.exercise)
        if course_id is not None:
            link = address("exercise", course=course_id, exercise=each.exercise)
            name = f'<a href="{link}">{name}</a>'
        cells = [
            name,
            escape(file_name(each.notebook)),
            str(each.started),
            solved,
            percent(each.error_rate),
        ]
        rows.append(f"<tr>{row_cells(EXERCISE_COLUMNS, cells, first_names_row=True)}</tr>")
    return table("exercise-table", EXERCISE_CAPTION, EXERCISE_COLUMNS, rows)
