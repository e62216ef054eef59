"""Projector mode: while a page is shown to the class, every student goes by a neutral alias."""

from typing import Final

import streamlit as st

from streamlit_app import session
from streamlit_app.addresses import PARAMETER
from streamlit_app.api_client import NumbersUnavailableError
from streamlit_app.language.text import Text

SWITCH: Final = Text("Projector")
SWITCH_HELP: Final = Text(
    "Shows neutral names in the place of students', on every page and in what is saved from it, "
    "so that the class may see it. A student's alias stays the same from week to week."
)
ON: Final = Text("names hidden")
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

    Raises:
        NumbersUnavailableError: The aliases can't be had.
    """
    name = st.query_params.get(_STUDENT)
    if name is not None and session.is_projected():
        shown = session.alias_book().shown(course_id, name)
        if shown != name:
            st.query_params[_STUDENT] = shown


def _follow(course_id: str) -> None:
    """Put the choice into the address, so that reload and links keep it; the student stays."""
    name = st.query_params.get(_STUDENT)
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
