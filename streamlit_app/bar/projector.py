"""Projector mode: while a page is shown to the class, every student goes by a neutral alias."""

from html import escape
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from streamlit_app import session
from streamlit_app.addresses import ASKED_ABOUT, FAILURE, PARAMETER, ROWS, put
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.language.text import Text

SWITCH: Final = Text("Projector")
SWITCH_HELP: Final = Text(
    "Shows neutral names in the place of students', on every page and in what is saved from it, "
    "so that the class may see it. A student's alias stays the same from week to week."
)
ON: Final = Text("names hidden")
LEAVE: Final = Text("Leave projector mode")
_KEY: Final = "projector_switch"
#: The parameter of the address that names a student.
_STUDENT: Final = "student"


def switch(course_id: str) -> None:
    """Offer to hide the names, and say quietly that they are."""
    st.session_state[_KEY] = session.is_projected()
    st.toggle(str(SWITCH), key=_KEY, help=str(SWITCH_HELP), on_change=_follow, args=(course_id,))
    if session.is_projected():
        st.html(f'<span class="cp-projected" data-testid="projected">{ON}</span>', width="content")


def hide_name_in_address(course_id: str) -> None:
    """Put the alias into the address where it names a student, as by a link from before.

    Whom an admin asks about has none, and goes out of it, and so does what rows are looked for by.

    Raises:
        NumbersUnavailableError: The aliases can't be had.
    """
    if not session.is_projected():
        return
    put(**{ROWS: None, ASKED_ABOUT: None})  # somebody's name may be in it
    book = session.alias_book()
    for part, hidden in ((_STUDENT, book.shown), (FAILURE, book.told)):
        named = st.query_params.get(part)
        if named is not None and (shown := hidden(course_id, named)) != named:
            put(**{part: shown})


def hides(why: Text) -> bool:
    """Tell whether names are hidden, and if so say what can't be shown, with the way out.

    For what has no alias: accounts, rosters, files that are full of names.
    """
    if session.is_projected():
        st.html(instead_of_names(why))
    return session.is_projected()


def instead_of_names(why: Text) -> str:
    """Return why names are not shown, with a link to this very page with its names."""
    query = {name: value for name, value in st.query_params.items() if name != PARAMETER}
    link = f'<a href="?{escape(urlencode(query))}" target="_self">{LEAVE}</a>'
    return f'<p class="cp-muted" role="status">{escape(str(why))} {link}</p>'


def _follow(course_id: str) -> None:
    """Put the choice into the address, so that reload and links keep it; the student stays."""
    is_on = st.session_state[_KEY]
    put(**{PARAMETER: "1" if is_on else None, ROWS: None, ASKED_ABOUT: None})
    name, failure = st.query_params.get(_STUDENT), st.query_params.get(FAILURE)
    try:
        book = session.alias_book()
        if name is not None:
            put(**{_STUDENT: (book.shown if is_on else book.student)(course_id, name)})
        if failure is not None and not is_on and book.has_alias(course_id, failure):
            put(**{FAILURE: None})  # whose name was in it is not known
    except NumbersUnavailableError:
        put(**{_STUDENT: None, FAILURE: None})
