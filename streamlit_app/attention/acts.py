"""What is done about a student by the buttons of a card, and whose mark it is that goes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import streamlit as st

from analytics.attention.responses import Listed, Marked, MarkKind
from streamlit_app import session
from streamlit_app.api.client import ApiClient
from streamlit_app.api.errors import NotKnownError
from streamlit_app.attention import thresholds
from streamlit_app.language.text import Text

GONE: Final = Text("This mark is not there any more: somebody else has taken it back.")

_SNOOZE_MINUTES: Final = 10
#: For so long a mark is shown, as attention_settings.sql says.
_MARK_HOLDS: Final = timedelta(minutes=15)
#: The mark that this page's last click made, for each student as long as it may be shown.
_MADE: Final = "attention_made"

#: What a button does, asking the API about a student of a course.
Act = Callable[[ApiClient, str, str], None]


def tried(act: Act, api: ApiClient, course_id: str, student_id: str) -> None:
    """Do it for a click; what is refused is said on the card, and the numbers are asked anew."""
    thresholds.CHANGES.tried(_done, act, api, course_id, student_id)


def go(api: ApiClient, course_id: str, student_id: str) -> None:
    """Tell the other instructors that somebody is on the way."""
    _mark(api, course_id, student_id, "going")


def helped(api: ApiClient, course_id: str, student_id: str) -> None:
    """Take a student off the list who was helped."""
    _mark(api, course_id, student_id, "helped")


def snooze(api: ApiClient, course_id: str, student_id: str) -> None:
    """Take a student off the list for ten minutes."""
    api.snooze(course_id, student_id, minutes=_SNOOZE_MINUTES)


def end_snooze(api: ApiClient, course_id: str, student_id: str) -> None:
    """Put a student on the list again who was snoozed."""
    api.end_snooze(course_id, student_id)


def taking_back(each: Listed, api: ApiClient, course_id: str, now: datetime) -> Act | None:
    """Return what takes back the mark that a card shows; None where it shows none.

    Where a colleague made the same mark after this page did, it is still the page's own, for as
    long as that holds. An answer from before that mark says nothing of it.
    """
    shown, name = each.mark, _made(api, course_id, each.student_id)
    made: Marked | None = st.session_state.get(name)
    made_at = None if made is None else made.at
    if shown and made and made_at and made.mark == shown.mark and made_at <= shown.at:
        holds = made_at > now - _MARK_HOLDS
        return partial(_take_mark_back, at=made_at if holds else shown.at)
    if made_at and made_at <= now:
        st.session_state.pop(name, None)  # something else came since
    return None if shown is None else partial(_take_mark_back, at=shown.at)


def _done(act: Act, api: ApiClient, course_id: str, student_id: str) -> None:
    try:
        act(api, course_id, student_id)
    finally:
        session.ask_anew()  # what is refused may be so because the numbers are old


def _mark(api: ApiClient, course_id: str, student_id: str, kind: MarkKind) -> None:
    made = api.mark(course_id, student_id, kind)
    st.session_state[_made(api, course_id, student_id)] = made


def _made(api: ApiClient, course_id: str, shown: str) -> str:
    """Return where the mark is remembered that was made of a student, also by the alias."""
    book = api.aliases_shown
    return f"{_MADE}/{course_id}/{shown if book is None else book.student(course_id, shown)}"


def _take_mark_back(api: ApiClient, course_id: str, student_id: str, at: datetime) -> None:
    try:
        api.take_mark_back(course_id, student_id, at)
    except NotKnownError as error:
        raise NotKnownError(GONE) from error
    finally:
        st.session_state.pop(_made(api, course_id, student_id), None)
