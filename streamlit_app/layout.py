"""The two blocks that every page is made of: a strip of numbers and a card's title."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

import streamlit as st


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
    label: str
    meaning: str
    of: str = ""
    is_alarm: bool = False


def strip(numbers: Iterable[Number]) -> None:
    """Draw numbers side by side."""
    items = "".join(map(_item, numbers))
    st.html(f'<dl class="cp-strip" data-testid="strip">{items}</dl>')


def card_title(title: str, note: str = "") -> None:
    """Draw a card's title, and a note at its right."""
    st.html(f'<header class="cp-title"><h2>{escape(title)}</h2><p>{escape(note)}</p></header>')


def _item(number: Number) -> str:
    small = f" <small>{escape(number.of)}</small>" if number.of else ""
    alarm = ' class="cp-alarm"' if number.is_alarm else ""
    return (
        f'<div title="{escape(number.meaning)}"><dt>{escape(number.label)}</dt>'
        f"<dd{alarm}>{escape(number.value)}{small}</dd></div>"
    )
