"""What a page says when it has no numbers, or only old ones."""

from collections.abc import Callable
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Final

import streamlit as st

from streamlit_app import session
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.language.formats import exact_clock
from streamlit_app.language.text import Text
from streamlit_app.session import Answers, local_zone

#: How long to wait with building a page anew that had nothing to show, in seconds.
RETRY_SECONDS: Final = 3
#: The look of old numbers, on all of the page.
OLD_LOOK: Final = (Path(__file__).parent / "old.css").read_text("utf-8")
OLD_NUMBERS: Final = Text("{why} What you see is from {time}.")


def sentence(text: str | Text) -> None:
    """Say one thing in place of the page's content."""
    st.html(f'<p class="cp-notice" role="status" data-testid="notice">{escape(str(text))}</p>')


def old_numbers(why: str | None, as_of: datetime) -> None:
    """Say from when the numbers are, when they are not new, and grey them."""
    if why is None:
        st.html("<span></span>")  # keeps the place, so that nothing below it is built anew
        return
    text = _from_when(why, as_of)
    st.html(
        f'<p class="cp-notice" role="status" data-testid="old">{escape(text)}</p>'
        f"<style>{OLD_LOOK}</style>"
    )


def old_card(why: str | None, as_of: datetime) -> None:
    """Say in one card among others from when its numbers are, when they are not new."""
    if why is None:
        st.empty()  # keeps the place, so that nothing below it is built anew
        return
    text = _from_when(why, as_of)
    st.html(f'<p class="cp-muted" role="status" data-testid="old-card">{escape(text)}</p>')


def _from_when(why: str, as_of: datetime) -> str:
    return OLD_NUMBERS.format(why=why, time=exact_clock(as_of.astimezone(local_zone())))


def numbers_of_card(name: str, ask: Callable[[], Answers], *, every: float = 0) -> Answers | None:
    """Return the numbers of one card among others; where there are none, say why in it.

    See `session.latest` for the arguments.
    """
    try:
        return session.latest(name, ask, every=every).numbers
    except NumbersUnavailableError as error:
        st.html(f'<p class="cp-muted">{escape(str(error))}</p>')
        return None


def keep_trying() -> None:
    """Build the whole page anew every few seconds, until there is something to show."""
    _build_anew([])


@st.fragment(run_every=RETRY_SECONDS)
def _build_anew(runs: list[None]) -> None:
    if runs:
        st.rerun()
    runs.append(None)  # this was the run that the page itself made
