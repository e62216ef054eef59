"""The blocks that pages are made of: a strip of numbers, a card's title, and what it is about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

import streamlit as st

from streamlit_app.addresses import go_on_with
from streamlit_app.language.text import Text


@dataclass(frozen=True)
class Number:
    """One number to be read from afar.

    Args:
        value: The number as text.
        label: The words under it.
        meaning: What it counts, in a sentence.
        of: What it is a part of, set smaller.
        is_alarm: Whether it is bad news.
    """

    value: str
    label: str | Text
    meaning: str | Text
    of: str = ""
    is_alarm: bool = False


def strip(numbers: Iterable[Number]) -> None:
    """Draw numbers side by side."""
    items = "".join(map(_item, numbers))
    st.html(f'<dl class="cp-strip" data-testid="strip">{items}</dl>')


def card_title(title: str | Text, note: str | Text = "") -> None:
    """Draw a card's title, and a note at its right."""
    st.html(
        f'<header class="cp-title"><h2>{escape(str(title))}</h2><p>{escape(str(note))}</p></header>'
    )


def choose_in_address(part: str, prompt: Text, labels: Mapping[str, str], *, width: int) -> None:
    """Offer what a page is about; the choice stands in the address, beside course and section.

    So reload, back and bookmarks keep it. What the address names and is not there is not chosen.
    """
    wanted = st.query_params.get(part)
    st.session_state[part] = wanted if wanted in labels else None
    st.selectbox(
        str(prompt),
        list(labels),
        key=part,
        format_func=labels.__getitem__,
        placeholder=str(prompt),
        label_visibility="collapsed",
        on_change=_follow_choice,
        args=(part,),
        width=width,
    )


def _follow_choice(part: str) -> None:
    chosen = {part: st.session_state[part]} if st.session_state[part] else {}
    go_on_with(course=st.query_params["course"], **chosen)


def _item(number: Number) -> str:
    small = f" <small>{escape(number.of)}</small>" if number.of else ""
    alarm = ' class="cp-alarm"' if number.is_alarm else ""
    return (
        f'<div title="{escape(str(number.meaning))}"><dt>{escape(str(number.label))}</dt>'
        f"<dd{alarm}>{escape(number.value)}{small}</dd></div>"
    )
