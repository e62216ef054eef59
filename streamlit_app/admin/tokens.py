"""Tokens on the Admin page: which were handed out, and an end to one."""

from datetime import UTC, datetime
from functools import partial
from typing import Final

import streamlit as st

from analytics.admin.course_responses import AdminCourse
from analytics.admin.token_responses import HandedOutToken
from ingest_api.tokens import ALL_COURSES
from streamlit_app import session
from streamlit_app.admin.frame import CHOOSE, NEVER, attempt, draw_table, note, when
from streamlit_app.bar import projector
from streamlit_app.language.text import Text
from streamlit_app.page_parts.layout import card_title
from streamlit_app.page_parts.tables import Column

LIST: Final = (Text("Tokens"), Text("handed out by the command line or by JupyterHub"))
OF_COURSE: Final = Text("those of {course} and of every course, newest first")
HIDDEN: Final = Text("Names are hidden now, and this would show whose the tokens are.")
ONE: Final = (Text("Revoke a token"), Text("those that hold"))
TOKEN: Final = Text("Token")
REVOKE: Final = Text("Revoke…")
REALLY: Final = Text(
    "Whatever uses it is shut out from now on: a notebook's events are not taken, and a page shows "
    "nothing. It can't be undone; a new token can be handed out."
)
YES: Final = Text("Revoke {token}")
REVOKED: Final = Text("The token {token} was revoked.")
EVERY_COURSE: Final = Text("every course")
EVERYBODY: Final = Text("everybody")
#: Scope → what it is for.
MAY: Final = {"ingest": Text("send events"), "read": Text("read")}
#: Whether it opens anything, and why not.
HOLDS: Final = Text("holds")
ENDED: Final = Text("ended")
ENDS_BY_REVOKING: Final = Text("revoked {time}")
COLUMNS: Final = (
    Column(Text("Id")),
    Column(Text("Allows")),
    Column(Text("Course")),
    Column(Text("Student")),
    Column(Text("Issued")),
    Column(Text("Expires")),
    Column(Text("State")),
)
_SHORT: Final = 8


def show(course: AdminCourse | None) -> None:
    """Draw the tokens, of the chosen course where there is one, and what revokes one."""
    with st.container(border=True, key="admin_tokens"):
        told = LIST[1] if course is None else OF_COURSE.format(course=course.course_id)
        card_title(LIST[0], told)
        if projector.hides(HIDDEN):
            return
        tokens = session.admin_api().tokens().tokens
        if course is not None:
            tokens = [each for each in tokens if each.course_id in (course.course_id, ALL_COURSES)]
        draw_table("admin-tokens", LIST[0], COLUMNS, map(_row, tokens))
    holding = {each.token_id: each for each in tokens if _holds(each)}
    if holding:
        with st.container(border=True, key="admin_one_token"):
            _one(holding)


def _row(each: HandedOutToken) -> list[str]:
    return [
        each.token_id[:_SHORT],
        str(MAY[each.scope]),
        _course(each),
        each.student_id or str(EVERYBODY),
        when(each.issued_at),
        NEVER if each.expires_at is None else when(each.expires_at),
        _state(each),
    ]


def _course(each: HandedOutToken) -> str:
    return str(EVERY_COURSE) if each.course_id == ALL_COURSES else each.course_id


def _holds(each: HandedOutToken) -> bool:
    ends = each.expires_at
    return each.revoked_at is None and (ends is None or ends > datetime.now(UTC))


def _state(each: HandedOutToken) -> str:
    if each.revoked_at is not None:
        return ENDS_BY_REVOKING.format(time=when(each.revoked_at))
    return str(HOLDS if _holds(each) else ENDED)


def _one(holding: dict[str, HandedOutToken]) -> None:
    card_title(*ONE)
    token_id = st.selectbox(
        str(TOKEN),
        list(holding),
        index=None,
        format_func=lambda each: ", ".join(_row(holding[each])[:4]),
        placeholder=str(CHOOSE),
        key="admin_token",
    )
    if token_id is None:
        return
    with st.popover(str(REVOKE)):
        note(REALLY)
        # Each token has a button of its own: a click that waits is done to no other one.
        key = f"admin_revoke/{token_id}"
        if st.button(YES.format(token=token_id[:_SHORT]), key=key):
            attempt(partial(_revoke, token_id))
            st.rerun()


def _revoke(token_id: str) -> str:
    session.admin_api().revoke_token(token_id)
    return REVOKED.format(token=token_id[:_SHORT])
