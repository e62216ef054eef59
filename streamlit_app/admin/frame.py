"""What the parts of the Admin page share: how a change is made and told, times, and tables."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from html import escape
from typing import Final
from zlib import crc32

import streamlit as st

from analytics.responses import Answer
from streamlit_app.api.admin_client import ChangeRefusedError
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.language.formats import date_and_clock
from streamlit_app.language.text import Text
from streamlit_app.page_parts import notices
from streamlit_app.page_parts.tables import Column, row_cells, table
from streamlit_app.session import local_zone

NEVER: Final = "\N{EN DASH}"
NOTHING: Final = Text("Nothing yet.")
#: In a list from which nothing is chosen yet.
CHOOSE: Final = Text("Choose…")
_SAID: Final = "admin_said"


def tell(text: str) -> None:
    """Say, when the page is drawn next, what became of a change."""
    st.session_state[_SAID] = text


def told() -> None:
    """Say what became of the last change, once."""
    text = st.session_state.pop(_SAID, None)
    if text is not None:
        notices.sentence(text)


def attempt(change: Callable[[], str]) -> bool:
    """Make a change and tell the sentence that it returns, or why it was refused.

    Returns:
        Whether it was made.
    """
    try:
        tell(change())
    except (ChangeRefusedError, NumbersUnavailableError) as error:
        tell(str(error))
        return False
    return True


def digest(preview: Answer) -> str:
    """Return what the key of the button under a preview ends with.

    A click on the button of one preview is then nobody's where another one is drawn in its place:
    nobody has seen what it would do. What students do meanwhile makes it no other one.
    """
    seen = preview.model_dump_json(exclude={"others", "unmatched"})
    return f"{crc32(seen.encode()):08x}"


def when(time: datetime | None) -> str:
    """Say a time to the minute, in the course's zone."""
    if time is None:
        return NEVER
    return date_and_clock(time.astimezone(local_zone()))


def draw_table(
    test_id: str, caption: str | Text, columns: Sequence[Column], rows: Iterable[Sequence[str]]
) -> None:
    """Draw a table of texts; they are escaped here, and the first of a row names it."""
    written = [
        f"<tr>{row_cells(columns, [escape(cell) for cell in row], first_names_row=True)}</tr>"
        for row in rows
    ]
    if written:
        st.html(table(test_id, caption, columns, written))
    else:
        st.html(f'<p class="cp-muted">{NOTHING}</p>')


def note(text: str | Text) -> None:
    """Say something small."""
    st.html(f'<p class="cp-muted cp-small">{escape(str(text))}</p>')
