"""A student's times at work in the course, one line each: the history across sessions."""

from collections.abc import Iterable
from datetime import tzinfo
from functools import partial
from html import escape
from typing import Final

import streamlit as st

from analytics.student.responses import Sitting
from streamlit_app import session
from streamlit_app.language.formats import clock, date_and_clock, number
from streamlit_app.language.text import Text
from streamlit_app.measures.wording import span
from streamlit_app.page_parts import notices
from streamlit_app.page_parts.layout import card_title
from streamlit_app.page_parts.tables import Column, opens_to, row_cells, table
from streamlit_app.page_parts.wording import NEVER, file_name

SITTINGS: Final = (
    Text("Times at work"),
    Text("a break of an hour begins a new one; newest first"),
)
CAPTION: Final = Text("When the student was at work, and what came of it")
FROM_TO: Final = Text("{start} to {end}")
COLUMNS: Final = (
    Column(Text("When")),
    Column(Text("Notebooks"), on_phone=False),
    Column(Text("At work"), is_number=True),
    Column(Text("Runs"), is_number=True, on_phone=False),
    Column(Text("With an error"), is_number=True, on_phone=False),
    Column(Text("Solved here first")),
)
NOTHING_YET: Final = Text("Nothing was run yet.")

#: They change slowly, and read the whole log: asked for at most this often, in seconds.
ASK_SECONDS: Final = 60
_NAMES_SHOWN: Final = 8


def show(course_id: str, student_id: str) -> None:
    """Draw the card."""
    with st.container(border=True, key="sittings"):
        card_title(*SITTINGS)
        ask = partial(session.api().sittings, course_id, student_id)
        name = f"{course_id}/sittings/{student_id}"
        found = notices.numbers_of_card(name, ask, every=ASK_SECONDS)
        if found is not None and found.sittings:
            st.html(sittings_table(found.sittings, session.local_zone()))
        elif found is not None:
            st.html(f'<p class="cp-muted">{NOTHING_YET}</p>')


def sittings_table(sittings: Iterable[Sitting], zone: tzinfo) -> str:
    """Return one row a sitting, in the instructor's time zone."""
    rows = []
    for each in sittings:
        start, end = each.started_at.astimezone(zone), each.ended_at.astimezone(zone)
        when = FROM_TO.format(start=date_and_clock(start), end=clock(end))
        cells = [
            f'<time datetime="{start.isoformat()}">{when}</time>',
            escape(", ".join(map(file_name, each.notebooks))),
            span(each.work_seconds),
            number(each.runs),
            number(each.errors),
            _solved(each),
        ]
        rows.append(f"<tr>{row_cells(COLUMNS, cells, first_names_row=True)}</tr>")
    return table("sittings-table", CAPTION, COLUMNS, rows)


def _solved(sitting: Sitting) -> str:
    names = sitting.solved
    if not names:
        return NEVER
    text = escape(f"{number(len(names))}: {', '.join(names[:_NAMES_SHOWN])}")
    if len(names) <= _NAMES_SHOWN:
        return f"<span>{text}</span>"
    return opens_to(f"{text}…", escape(", ".join(names)))
