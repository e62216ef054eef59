"""Why a change was not taken: said where it was tried, for as long as it takes to read it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import streamlit as st

from streamlit_app.addresses import about
from streamlit_app.api.errors import NumbersUnavailableError, Words, why_not
from streamlit_app.page_parts.notices import sentence

#: A page that moves by itself is drawn anew while somebody reads.
SHOWN_SECONDS: Final = 15
_REFUSED: Final = "change_refused"


@dataclass(frozen=True)
class _Refused:
    place: str
    about: tuple[str | None, ...]
    why: str
    at: float


@dataclass(frozen=True)
class Changes:
    """The changes that are tried at one place of a page.

    Args:
        place: Its name.
        own: What is said there in the place of the usual sentence.
    """

    place: str
    own: Words = field(default_factory=dict)

    def tried(self, act: Callable[..., object], *given: object) -> None:
        """Make a change; where it is not taken, have it said here."""
        st.session_state.pop(_REFUSED, None)
        try:
            act(*given)
        except NumbersUnavailableError as error:
            self.refuse(why_not(error, self.own))

    def refuse(self, why: str) -> None:
        """Have it said at this place why a change was not taken."""
        st.session_state[_REFUSED] = _Refused(self.place, about(), why, time.monotonic())

    def say_refusal(self) -> None:
        """Say why the last change was not taken, until another is tried or it was read."""
        refused: _Refused | None = st.session_state.get(_REFUSED)
        if refused is None or (refused.place, refused.about) != (self.place, about()):
            return
        if time.monotonic() < refused.at + SHOWN_SECONDS:
            sentence(refused.why)
