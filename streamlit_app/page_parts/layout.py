"""The blocks that pages are made of: a strip of numbers, a card's title, and what it is about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

import streamlit as st

from streamlit_app.addresses import go_on_with
from streamlit_app.language.text import Text
from streamlit_app.page_parts.units import SOURCE, UNIT

MEANINGS: Final = Text("What these numbers mean")


@dataclass(frozen=True)
class Number:
    """One number to be read from afar.

    Args:
        value: The number as text.
        label: The words under it.
        meaning: What it counts, in a sentence.
        unit: In what it counts; '' where the label says it.
        source: Where it comes from, as a measure's header has it if it is no `Text`; '' for what is
            on the page itself.
        of: What it is a part of, set smaller.
        is_alarm: Whether it is bad news.
        link: Address of what is behind it, as an attribute holds it; '' for none.
    """

    value: str
    label: str | Text
    meaning: str | Text
    unit: str | Text = ""
    source: str | Text = ""
    of: str = ""
    is_alarm: bool = False
    link: str = ""


def strip(numbers: Iterable[Number]) -> None:
    """Draw numbers side by side, and behind a “?” meaning, unit and source of each.

    The meanings stand apart from the numbers, which change while somebody reads what they mean.
    """
    shown = list(numbers)
    items = "".join(map(_item, shown))
    meanings = "".join(map(_meaning, shown))
    with st.container(horizontal=True, vertical_alignment="bottom", gap=None, width="content"):
        st.html(f'<dl class="cp-strip" data-testid="strip">{items}</dl>', width="content")
        st.html(
            '<details class="cp-why cp-meanings" data-testid="meanings">'
            f'<summary title="{MEANINGS}" aria-label="{MEANINGS}"><span class="cp-mark">?</span>'
            "</summary>"
            f'<dl class="cp-about">{meanings}</dl></details>',
            width="content",
        )


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


def _meaning(number: Number) -> str:
    told = [escape(UNIT.format(unit=number.unit))] * bool(number.unit)
    if isinstance(number.source, str):  # a title, which is never translated
        source = f'<span lang="en">{escape(number.source)}</span>'
    else:
        source = escape(str(number.source))
    told += [SOURCE.format(source=source)] * bool(number.source)
    small = f"<small>{' '.join(told)}</small>" if told else ""
    return f"<dt>{escape(str(number.label))}</dt><dd>{escape(str(number.meaning))}{small}</dd>"


def _item(number: Number) -> str:
    small = f" <small>{escape(number.of)}</small>" if number.of else ""
    alarm = ' class="cp-alarm"' if number.is_alarm else ""
    value = escape(number.value)
    shown = f'<a href="{number.link}" target="_self">{value}</a>' if number.link else value
    return (
        f'<div title="{escape(str(number.meaning))}"><dt>{escape(str(number.label))}</dt>'
        f"<dd{alarm}>{shown}{small}</dd></div>"
    )
