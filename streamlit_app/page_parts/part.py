"""A part of a page that is drawn by itself: because it is time, or numbers moved, or of a click."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from streamlit_app import addresses

Given = ParamSpec("Given")


def part(
    *, run_every: float | None = None, key: str | None = None
) -> Callable[[Callable[Given, None]], Callable[Given, None]]:
    """Make what draws a part, at the address that the page was drawn with last.

    Args:
        run_every: It is drawn anew so often, in seconds; None for when it is asked for.
        key: With which it is asked for.
    """

    def as_part(draw: Callable[Given, None]) -> Callable[Given, None]:
        @st.fragment(run_every=run_every, key=key)
        @wraps(draw)
        def drawn(*args: Given.args, **kwargs: Given.kwargs) -> None:
            addresses.as_drawn()
            draw(*args, **kwargs)
            addresses.drawn()

        return drawn

    return as_part
