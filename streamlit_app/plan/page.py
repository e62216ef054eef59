"""The Plan page: which exercise the class is to have begun by when, a day's plan at a time."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from html import escape
from typing import Final

import streamlit as st

from analytics.plan.responses import ClassPlan, PlannedTime
from streamlit_app import session
from streamlit_app.addresses import address, put, read_day
from streamlit_app.language.text import Text
from streamlit_app.page_parts.layout import card_title
from streamlit_app.plan import pace, saving
from streamlit_app.plan.saving import CHANGES, CourseDay
from streamlit_app.plan.written import as_text

TITLE: Final = Text("Plan")
DAY: Final = Text("Day")
ONE_A_LINE: Final = (
    Text("The plan of the day"),
    Text("a line for each exercise: by when it is to be begun, and its name"),
)
TIMES_IN: Final = Text("Times are those of {zone}, the course's time zone or else your browser's.")
SAVE: Final = Text("Save the plan")
TAKE_OVER: Final = Text("Take over the plan of {day}")
UNDO: Final = Text("Undo")
NOT_SAVED: Final = Text("Nothing was saved. Correct this first:")
EXERCISES: Final = (
    Text("Exercises of the course"),
    Text("in their order, which is the order of the pace"),
)
NO_EXERCISES: Final = Text(
    "The course has no exercise yet: register it on the Admin page, or wait until somebody has run "
    "one."
)
ONLY_WHOLE: Final = Text("Whoever sees the whole course sets its plan. You see it here.")
TO_LIVE: Final = Text("See the pace on the Live page")

#: How long ago a plan may be that is offered to be taken over.
_EARLIER: Final = timedelta(days=28)
_DAY: Final = "plan_day"


def show() -> None:
    """Draw a day's plan, to be changed, and the exercises that can be in it."""
    course_id, zone = st.query_params["course"], session.local_zone()
    day = read_day(st.query_params.get("day")) or pace.day_of(datetime.now(zone), zone)
    plan = session.latest(
        f"{course_id}/plan/{day}",
        partial(session.api().plan, course_id, span=pace.span_of(day, zone)),
    ).numbers
    left, right = st.columns([3, 2], gap="small")
    with left, st.container(border=True, key="plan"):
        card_title(*ONE_A_LINE)
        _choose(day)
        if session.own_sections(course_id):
            st.html(f'<p class="cp-muted">{ONLY_WHOLE}</p>')
            st.html(pace.plan_table(plan.planned, zone))
        else:
            _form(CourseDay(course_id, day, zone), plan)
        live = address("live", course=course_id)
        st.html(f'<p class="cp-small"><a href="{live}" target="_self">{TO_LIVE}</a></p>')
    with right, st.container(border=True, key="plan_exercises"):
        card_title(*EXERCISES)
        names = "".join(f"<li>{escape(name)}</li>" for name in plan.exercises)
        none = f'<p class="cp-muted">{NO_EXERCISES}</p>'
        st.html(
            f'<ul class="cp-names" data-testid="plan-exercises">{names}</ul>' if names else none
        )


def _choose(day: date) -> None:
    st.session_state[_DAY] = day
    st.date_input(str(DAY), key=_DAY, format="YYYY-MM-DD", on_change=_follow_day, width=200)


def _follow_day() -> None:
    """Put the chosen day into the address, so that reload, back and bookmarks keep it."""
    st.session_state.pop(saving.WRONG, None)
    if st.session_state[_DAY] is not None:
        put(day=st.session_state[_DAY].isoformat())


def _form(of: CourseDay, plan: ClassPlan) -> None:
    key = of.field(plan)
    st.session_state.setdefault(key, as_text(plan, of.zone))
    example = "\n".join(
        f"09:{10 * number:02} {name}" for number, name in enumerate(plan.exercises[:3])
    )
    with st.form("plan_form", border=False):
        st.text_area(
            str(ONE_A_LINE[0]),
            key=key,
            height=260,
            placeholder=example,
            label_visibility="collapsed",
        )
        noon = datetime.combine(of.day, time(12), of.zone)  # summer time may begin until that day
        in_zone = TIMES_IN.format(zone=noon.tzname() or "UTC")
        st.html(f'<p class="cp-muted cp-small">{escape(in_zone)}</p>')
        save = (saving.save, of, plan)
        st.form_submit_button(str(SAVE), on_click=CHANGES.tried, args=save)
    if not plan.planned:
        _offer_earlier(of, plan.exercises)
    CHANGES.say_refusal()
    _say_what_is_wrong()
    _say_what_was_saved(of.course_id, plan.exercises)


def _offer_earlier(of: CourseDay, exercises: Sequence[str]) -> None:
    """Offer the latest plan before this day, as a group that meets on another day follows it."""
    day, zone = of.day, of.zone
    begin, _ = pace.span_of(day, zone)
    earlier = session.latest(
        f"{of.course_id}/plan/before/{day}",
        partial(session.api().plan, of.course_id, span=(begin - _EARLIER, begin)),
    ).numbers.planned
    if not earlier:
        return
    last = pace.day_of(earlier[-1].at, zone)
    taken = [
        PlannedTime(
            at=datetime.combine(day, each.at.astimezone(zone).time(), tzinfo=zone),
            exercise=each.exercise,
        )
        for each in earlier
        if pace.day_of(each.at, zone) == last and each.exercise in exercises
    ]
    take = (saving.take_over, of, taken)
    st.button(TAKE_OVER.format(day=last), key="take_over", on_click=CHANGES.tried, args=take)


def _say_what_is_wrong() -> None:
    wrong = st.session_state.pop(saving.WRONG, None)
    if wrong:
        items = "".join(f"<li>{escape(each)}</li>" for each in wrong)
        st.html(
            f'<div class="cp-notice" role="alert" data-testid="plan-wrong"><p>{NOT_SAVED}</p>'
            f"<ul>{items}</ul></div>"
        )


def _say_what_was_saved(course_id: str, exercises: Sequence[str]) -> None:
    last = saving.last_saved(course_id)
    if last is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(f'<p class="cp-muted" role="status">{escape(last.told)}</p>', width="content")
        if last.can_undo:
            undo = (saving.undo, last, exercises)
            st.button(
                str(UNDO), key="undo_plan", type="tertiary", on_click=CHANGES.tried, args=undo
            )
