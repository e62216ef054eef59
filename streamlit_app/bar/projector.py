"""Projector mode: while a page is shown to the class, every student goes by a neutral alias."""

from html import escape
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from streamlit_app import session
from streamlit_app.addresses import ASKED_ABOUT, PARAMETER, ROWS
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

    Whom an admin asks about has none, and goes out of it.

    Raises:
        NumbersUnavailableError: The aliases can't be had.
    """
    if not session.is_projected():
        return
    st.query_params.pop(ASKED_ABOUT, None)
    name = st.query_params.get(_STUDENT)
    if name is not None:
        shown = session.alias_book().shown(course_id, name)
        if shown != name:
            st.query_params[_STUDENT] = shown


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
    name = st.query_params.get(_STUDENT)
    for each in (ROWS, ASKED_ABOUT):  # somebody's name may be in it
        st.query_params.pop(each, None)
    if st.session_state[_KEY]:
        st.query_params[PARAMETER] = "1"
    else:
        st.query_params.pop(PARAMETER, None)
    if name is None:
        return
    try:
        book = session.alias_book()
        found = book.shown if st.session_state[_KEY] else book.student
        st.query_params[_STUDENT] = found(course_id, name)
    except NumbersUnavailableError:
        st.query_params.pop(_STUDENT)
