"""Addresses of the pages: what every one of them keeps, so that no link loses it.

A browser asks with the address that it was told last. What it asks before it was told of a change,
because numbers moved or somebody clicked twice, would undo the change, and show names where they
were just hidden. So each run goes on with the address with which the page was drawn last.
"""

from datetime import date
from html import escape
from typing import Final
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

#: The parameter that hides the students' names.
PARAMETER: Final = "projector"
#: The parameter that names the section of the course that a page is about.
SECTION: Final = "section"
#: The parameter that says what all rows of the live list that show have somewhere.
ROWS: Final = "rows"
#: The parameter that names the student about whom an admin asks what is stored.
ASKED_ABOUT: Final = "about"
#: The parameter that names the failure whose students alone are in the class map.
FAILURE: Final = "failure"
#: Parameters that go along from page to page.
KEPT: Final = (PARAMETER, SECTION)
_DRAWN: Final = "address_as_drawn"


def kept(*, but: str | None = None) -> dict[str, str]:
    """Return what the address now has of that which goes along, but for one parameter."""
    return {name: st.query_params[name] for name in KEPT if name in st.query_params and name != but}


def address(page: str, **query: str | None) -> str:
    """Return the address of a page, as an attribute holds it; what is None is left out."""
    given = {name: value for name, value in query.items() if value is not None}
    return escape(f"{page}?{urlencode({**kept(), **given})}")


def go_on_with(**query: str) -> None:
    """Put these into the address, in the place of all that does not go along."""
    as_drawn()
    st.query_params.from_dict({**kept(), **query})


def put(**query: str | None) -> None:
    """Put these into the address, so that reload, Back, bookmarks and sharing keep them.

    What is None is taken out. All of it is one step for Back.
    """
    as_drawn()
    named = {**st.query_params.to_dict(), **query}
    changed = {name: value for name, value in named.items() if value is not None}
    if changed != st.query_params.to_dict():
        st.query_params.from_dict(changed)


def read_day(text: str | None) -> date | None:
    """Return the day that an address names; None where it names none that an event can be of."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if date(1970, 1, 1) < day < date(2200, 1, 1) else None


def whole_page() -> None:
    """Begin to draw a page as a whole: the address is that with which it was asked for."""
    st.session_state.pop(_DRAWN, None)


def drawn() -> None:
    """Remember the address, with which the page, or a part of it, is drawn now."""
    st.session_state[_DRAWN] = _page(), st.query_params.to_dict()


def as_drawn() -> None:
    """Go back to the address with which the page was drawn last, once in a run.

    Not where somebody has gone Back, forward, or to another page: those are other addresses on
    purpose.
    """
    page, address = st.session_state.pop(_DRAWN, (None, None))
    if address is None or page != _page() or has_gone_back():
        return
    if address != st.query_params.to_dict():
        st.query_params.from_dict(address)


def here() -> tuple[str | None, ...]:
    """Return which page is drawn, about which course and student."""
    return _page(), *about()


def about() -> tuple[str | None, ...]:
    """Return which course and which student the address names."""
    return tuple(st.query_params.get(each) for each in ("course", "student"))


def is_still_at(drawn: tuple[str | None, ...]) -> bool:
    """Tell whether a click on what was drawn at a place is about the address that is now.

    Whoever goes on before the click's turn came has left what it chose.
    """
    return here() == drawn and not has_gone_back()


def has_gone_back() -> bool:
    """Tell whether the page is drawn because somebody has gone Back, or forward."""
    run = get_script_run_ctx()
    return run is not None and run.is_history_navigation


def _page() -> str | None:
    run = get_script_run_ctx()
    return None if run is None else run.page_script_hash
