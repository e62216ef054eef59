"""What the instructors see of a student just now, told to that student."""

from html import escape
from typing import Final

import streamlit as st

from analytics.my_progress.responses import OwnOverview
from streamlit_app import session
from streamlit_app.attention.reasons import reason_sentence
from streamlit_app.language.formats import day_and_clock
from streamlit_app.language.text import Text
from streamlit_app.page_parts.layout import card_title
from streamlit_app.page_parts.wording import age

TITLE: Final = (Text("What instructors see of me"), Text("in their words"))
ON_THE_LIST: Final = Text("You are on their list of who may need a person, because:")
ON_THE_LIST_BY_HAND: Final = Text(
    "You are on their list of who needs a person, because your hand is up."
)
NOT_ON_THE_LIST: Final = Text("You are not on their list of who may need a person.")
HAND_UP: Final = Text("Your hand has been up for {age}: number {place} in the queue.")
HAND_UP_OFF: Final = Text(
    "Your hand is up, and an instructor took it off the queue: raise it again if you still need "
    "somebody."
)
HAND_DOWN: Final = Text("Your hand is not up.")
COMING: Final = Text("An instructor is on the way.")
HELPED: Final = Text("An instructor noted {age} ago that you were helped.")
ALWAYS: Final = Text(
    "They always see which cells you ran, whether each ended in an error and its message, how long "
    "it took, and which checks passed."
)
CODE_NEVER: Final = Text("Your code and its output were never sent.")
CODE_SENT: Final = Text("Your code or its output was sent last on {time}.")


def show(overview: OwnOverview) -> None:
    """Draw the card."""
    with st.container(border=True, key="seen"):
        card_title(*TITLE)
        st.html(f'<div class="cp-seen" data-testid="seen">{seen(overview)}</div>')


def seen(overview: OwnOverview) -> str:
    """Return what is seen, a paragraph each."""
    parts = []
    told = [reason_sentence(each) for each in overview.reasons if each.code != "hand_up"]
    if told:
        reasons = "".join(f"<li>{escape(text)}</li>" for text in told)
        parts.append(f"<p>{ON_THE_LIST}</p><ul>{reasons}</ul>")
    elif overview.reasons:
        parts.append(f"<p>{ON_THE_LIST_BY_HAND}</p>")
    else:
        parts.append(f"<p>{NOT_ON_THE_LIST}</p>")
    parts += [f"<p>{escape(each)}</p>" for each in (_hand(overview), _mark(overview)) if each]
    parts += [f"<p>{ALWAYS}</p>", f"<p>{escape(_code(overview))}</p>"]
    return "".join(parts)


def _hand(overview: OwnOverview) -> str:
    if overview.hand is None:
        return str(HAND_DOWN)
    if overview.hand.place is None:
        return str(HAND_UP_OFF)
    waited = age(overview.hand.since, overview.now)
    return HAND_UP.format(age=waited, place=overview.hand.place)


def _mark(overview: OwnOverview) -> str:
    if overview.mark is None:
        return ""
    if overview.mark.mark == "going":
        return str(COMING)
    return HELPED.format(age=age(overview.mark.at, overview.now))


def _code(overview: OwnOverview) -> str:
    if overview.code_sent_at is None:
        return str(CODE_NEVER)
    when = overview.code_sent_at.astimezone(session.local_zone())
    return CODE_SENT.format(time=day_and_clock(when))
