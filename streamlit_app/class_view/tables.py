"""What stands beside the charts of a class for whoever can not see them, as HTML."""

from html import escape
from typing import Final

from analytics.class_view.responses import ClassStream
from streamlit_app.language.text import Plural, Text
from streamlit_app.page_parts.tables import Column, bare_table, row_cells
from streamlit_app.page_parts.wording import percent

STREAM_COLUMNS: Final = (
    Column(Text("Exercise")),
    Column(Text("Students"), is_number=True),
    Column(Text("Of the class"), is_number=True),
)
STREAM_CAPTION: Final = Text("Where the class is now")

NOW: Final = Plural("where {n} is", "where all {n} are")


def students_now(stream: ClassStream) -> str:
    """Return the exercises at which anybody is, each with how many, in one line to be seen.

    Everybody who has come is counted where they were last, whether here now or not.
    """
    at = [each for each in stream.exercises if each.students[-1]]
    places = "".join(
        f"<span>{escape(each.exercise)} <b>{each.students[-1]}</b></span>" for each in at
    )
    words = NOW.format(sum(each.students[-1] for each in at))
    return f'<p class="cp-now" data-testid="students-now" aria-hidden="true">{words}{places}</p>'


def stream_table(stream: ClassStream) -> str:
    """Return how many students are at each exercise now, for who can't see the chart of it."""
    everybody = sum(each.students[-1] for each in stream.exercises)
    rows = []
    for each in stream.exercises:
        here = each.students[-1]
        share = percent(here / everybody if everybody else None)
        cells = [escape(each.exercise), str(here), share]
        rows.append(f"<tr>{row_cells(STREAM_COLUMNS, cells, first_names_row=True)}</tr>")
    return bare_table("stream-table", STREAM_CAPTION, STREAM_COLUMNS, rows, " cp-hidden")
