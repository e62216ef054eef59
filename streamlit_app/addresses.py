"""Addresses of the pages: what every one of them keeps, so that no link loses it."""

from html import escape
from typing import Final
from urllib.parse import urlencode

import streamlit as st

#: The parameter that hides the students' names.
PARAMETER: Final = "projector"
#: The parameter that names the section of the course that a page is about.
SECTION: Final = "section"
#: The parameter that says what all rows of the live list that show have somewhere.
ROWS: Final = "rows"
#: The parameter that names the student about whom an admin asks what is stored.
ASKED_ABOUT: Final = "about"
#: Parameters that go along from page to page.
KEPT: Final = (PARAMETER, SECTION)


def kept(*, but: str | None = None) -> dict[str, str]:
    """Return what the address now has of that which goes along, but for one parameter."""
    return {name: st.query_params[name] for name in KEPT if name in st.query_params and name != but}


def address(page: str, **query: str | None) -> str:
    """Return the address of a page, as an attribute holds it; what is None is left out."""
    given = {name: value for name, value in query.items() if value is not None}
    return escape(f"{page}?{urlencode({**kept(), **given})}")


def go_on_with(**query: str) -> None:
    """Put these into the address, in the place of all that does not go along."""
    st.query_params.from_dict({**kept(), **query})
