"""What an instructor sees before the first run of the first class."""

from html import escape
from typing import Final

import streamlit as st

from streamlit_app.language.text import Text
from streamlit_app.notices import keep_trying

TITLE: Final = Text("No class yet")
STEPS: Final = (
    (
        Text("Open JupyterLab"),
        Text("Its address is in the table that Cellpulse showed when it started."),
    ),
    (Text("Run a cell"), Text("Open a notebook of your course and run any cell in it.")),
    (Text("Come back here"), Text("Your class appears on this page by itself.")),
)


def show() -> None:
    """Say what to do for a first run to appear, and show it as soon as it does."""
    steps = "".join(
        f"<li><b>{escape(str(title))}</b><span>{escape(str(advice))}</span></li>"
        for title, advice in STEPS
    )
    st.html(
        f'<section class="cp-first" data-testid="first-visit"><h1>{TITLE}</h1>'
        f"<ol>{steps}</ol></section>"
    )
    keep_trying()
