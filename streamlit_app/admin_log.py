"""Who changed what, at the end of the Admin page."""

from typing import Final

import streamlit as st

from analytics.admin.course_responses import AdminActionLine
from streamlit_app import projector, session
from streamlit_app.admin_frame import draw_table, when
from streamlit_app.language.text import Text
from streamlit_app.layout import card_title
from streamlit_app.tables import Column

CARD: Final = (
    Text("What was changed here"),
    Text("newest first; changes by the command line are not in it"),
)
HIDDEN: Final = Text("Names are hidden now, and this would show who did it and to whom.")
WITHOUT_NAME: Final = Text("a read token")
#: What the API says was done → how the page says it.
WHAT: Final = {
    "course made": Text("course made"),
    "course changed": Text("course changed"),
    "students enrolled": Text("students enrolled"),
    "course registered": Text("course registered"),
    "account made": Text("account made"),
    "account reset": Text("account reset"),
    "account removed": Text("account removed"),
    "token revoked": Text("token revoked"),
}
COLUMNS: Final = (
    Column(Text("When")),
    Column(Text("Who")),
    Column(Text("What")),
    Column(Text("Course")),
    Column(Text("In detail"), on_phone=False),
)


def show() -> None:
    """Draw the newest changes."""
    with st.container(border=True, key="admin_log"):
        card_title(*CARD)
        if projector.hides(HIDDEN):
            return
        rows = map(_row, session.admin_api().actions().actions)
        draw_table("admin-log", CARD[0], COLUMNS, rows)


def _row(action: AdminActionLine) -> list[str]:
    return [
        when(action.made_at),
        action.who or str(WITHOUT_NAME),
        str(WHAT.get(action.what, action.what)),
        action.course_id or "",
        action.details,
    ]
