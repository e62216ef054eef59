"""What one student did, run by run: the chart over time and the list below it."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from analytics.class_marks.responses import ClassMark
from analytics.responses import HistoryEvent
from streamlit_app import session
from streamlit_app.addresses import as_drawn, here, is_still_at, put
from streamlit_app.api.client import ApiClient
from streamlit_app.language.text import Text
from streamlit_app.page_parts import charts
from streamlit_app.page_parts.frames import history_frame, marks_frame, on_the_wall
from streamlit_app.page_parts.layout import card_title
from streamlit_app.page_parts.palette import EITHER
from streamlit_app.student.tables import CellLink, history_table

OVER_TIME: Final = (Text("Over time"), Text("a mark for each run that is listed below"))
EVERY_RUN: Final = (Text("Every run"), Text("newest first"))
SHOW_EARLIER: Final = Text("Show earlier")

PAGE_ENTRIES: Final = 50
#: So many pages are shown at most, whatever the address says.
MOST_PAGES: Final = 100
#: More digits than this Python may refuse to read.
_LONGEST_NUMBER: Final = 9
#: The parameter of the address that says how many pages are shown, where it is not one.
PARAMETER: Final = "pages"


def pages_shown() -> int:
    """Return how many pages the address asks for."""
    wanted = st.query_params.get(PARAMETER, "1")
    if not wanted.isdecimal():
        return 1
    return min(max(int(wanted[:_LONGEST_NUMBER]), 1), MOST_PAGES)


def newest_pages(
    api: ApiClient, course_id: str, student_id: str, pages: int
) -> tuple[list[HistoryEvent], bool]:
    """Return the newest pages of a history as one, and whether there is more before them.

    All of them are read anew, so that no entry falls between two pages while others come in.
    """
    events: list[HistoryEvent] = []
    before = None
    for _ in range(pages):
        page = api.history(course_id, student_id, limit=PAGE_ENTRIES, before=before)
        events += page.events
        before = page.next_before
        if before is None:
            break
    return events, before is not None


def show_over_time(history: Sequence[HistoryEvent], marks: Sequence[ClassMark] = ()) -> None:
    """Draw the chart of the newest entries, and the moments of class that instructors marked."""
    with st.container(border=True, key="over_time"):
        card_title(*OVER_TIME)
        zone = session.local_zone()
        runs, noted = history_frame(history), marks_frame(marks)
        chart = charts.student_runs(on_the_wall(runs, zone), EITHER, on_the_wall(noted, zone))
        st.altair_chart(chart, key="over_time_chart", alt=str(OVER_TIME[0]))


def show_every_run(history: Sequence[HistoryEvent], link: CellLink, *, has_earlier: bool) -> None:
    """Draw the list.

    Args:
        history: The newest entries, newest first.
        link: Returns where an entry's cell opens.
        has_earlier: Whether there is more before them.
    """
    with st.container(border=True, key="every_run"):
        card_title(*EVERY_RUN)
        st.html(history_table(history, session.local_zone(), link))
        if has_earlier and pages_shown() < MOST_PAGES:
            st.button(str(SHOW_EARLIER), on_click=_show_more, args=(here(),))


def _show_more(drawn: tuple[str | None, ...]) -> None:
    if is_still_at(drawn):
        as_drawn()
        put(**{PARAMETER: str(pages_shown() + 1)})
