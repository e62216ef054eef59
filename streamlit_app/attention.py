"""Who needs a person, and which failure is shared: the two cards at the top of the Live page."""

from datetime import datetime
from html import escape
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from analytics.attention_responses import Attention, ErrorClusters, Listed
from streamlit_app import notices, session
from streamlit_app.api_client import NumbersUnavailableError
from streamlit_app.layout import card_title
from streamlit_app.tables import cluster_table
from streamlit_app.wording import ago, where

PEOPLE: Final = ("Who needs a person", "why, and how sure")
NOBODY: Final = "Nobody, as far as can be seen from here."
MORE: Final = "and {n} more"
SNOOZE: Final = "Snooze"
SNOOZE_HELP: Final = "Off this list for 10 minutes, for everybody; a raised hand shows all the same"
BACK: Final = "Back"
SNOOZED: Final = "snoozed until {time}{by}"
BY: Final = " by {name}"
SURE: Final = {"high": "sure", "medium": "likely", "low": "perhaps"}
FAILURES: Final = ("The same failure now", "of two students or more, the last hour")
NO_FAILURES: Final = "No failure is shared right now."

#: More than a few cannot be walked to.
PEOPLE_SHOWN: Final = 5
FAILURES_SHOWN: Final = 8
CLUSTER_MINUTES: Final = 60
_SNOOZE_MINUTES: Final = 10
#: The cards keep their height, so that nothing below them moves when the lists do.
_HEIGHT: Final = 270
_REFUSED: Final = "snooze_refused"


def show(course_id: str, attention: Attention, clusters: ErrorClusters) -> None:
    """Draw both cards."""
    left, right = st.columns([1, 1], gap="small")
    with left.container(border=True, key="attention", height=_HEIGHT):
        card_title(*PEOPLE)
        _people(course_id, attention)
    with right.container(border=True, key="clusters", height=_HEIGHT):
        card_title(*FAILURES)
        shared = [each for each in clusters.clusters if each.students > 1]
        if shared:
            st.html(cluster_table(shared[:FAILURES_SHOWN], clusters.as_of.time))
        else:
            st.html(f'<p class="cp-muted">{NO_FAILURES}</p>')


def _people(course_id: str, attention: Attention) -> None:
    refused = st.session_state.pop(_REFUSED, None)
    if refused is not None:
        notices.sentence(refused)
    listed = attention.students
    if not listed:
        st.html(f'<p class="cp-muted" data-testid="nobody">{NOBODY}</p>')
    for each in listed[:PEOPLE_SHOWN]:
        with _row(f"person_{each.student_id}"):
            st.html(person(each, course_id, attention.now))
            st.button(
                SNOOZE,
                key=f"snooze_{each.student_id}",
                help=SNOOZE_HELP,
                on_click=_snooze,
                args=(course_id, each.student_id),
            )
    if len(listed) > PEOPLE_SHOWN:
        st.html(f'<p class="cp-muted">{MORE.format(n=len(listed) - PEOPLE_SHOWN)}</p>')
    for each in attention.snoozed:
        with _row(f"snoozed_{each.student_id}"):
            st.html(snoozed(each))
            st.button(
                BACK,
                key=f"back_{each.student_id}",
                on_click=_end_snooze,
                args=(course_id, each.student_id),
            )


def person(each: Listed, course_id: str, now: datetime) -> str:
    """Return a student's reasons in words, with the link to the runs behind them."""
    query = urlencode({"course": course_id, "student": each.student_id})
    reasons = "; ".join(reason.text for reason in each.reasons)
    place = escape(where(each.exercise, each.notebook))
    return (
        f'<div class="cp-person" data-testid="person" data-confidence="{each.confidence}"><p>'
        f'<a href="student?{escape(query)}">{escape(each.student_id)}</a> '
        f'<span class="cp-muted">{place} · {SURE[each.confidence]} · {ago(each.since, now)}</span>'
        f"</p><p><span>{escape(reasons)}</span></p></div>"
    )


def snoozed(each: Listed) -> str:
    """Return who is snoozed, until when and by whom."""
    if each.snooze is None:
        return ""
    by = BY.format(name=each.snooze.by) if each.snooze.by else ""
    time = f"{each.snooze.until.astimezone(session.local_zone()):%H:%M}"
    text = escape(SNOOZED.format(time=time, by=by))
    return (
        f'<div class="cp-person" data-testid="snoozed"><p><span>{escape(each.student_id)}</span> '
        f'<span class="cp-muted">{text}</span></p></div>'
    )


def _row(key: str) -> st.delta_generator.DeltaGenerator:
    return st.container(
        key=key, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    )


def _snooze(course_id: str, student_id: str) -> None:
    try:
        session.api().snooze(course_id, student_id, minutes=_SNOOZE_MINUTES)
    except NumbersUnavailableError as error:
        st.session_state[_REFUSED] = str(error)


def _end_snooze(course_id: str, student_id: str) -> None:
    try:
        session.api().end_snooze(course_id, student_id)
    except NumbersUnavailableError as error:
        st.session_state[_REFUSED] = str(error)
