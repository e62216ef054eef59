"""The Plan page: which exercise the class is to have begun by when, a day's plan at a time."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from difflib import get_close_matches
from functools import partial
from html import escape
from typing import Final

import streamlit as st

from analytics.plan.responses import ClassPlan, PlannedReached, PlannedTime, PlanSet
from streamlit_app import session
from streamlit_app.addresses import address, put, read_day
from streamlit_app.api.errors import NOT_DONE, AwayError, TooManyError
from streamlit_app.language.text import Plural, Text
from streamlit_app.page_parts.layout import card_title
from streamlit_app.page_parts.refusal import Changes
from streamlit_app.plan import pace

TITLE: Final = Text("Plan")
DAY: Final = Text("Day")
ONE_A_LINE: Final = (
    Text("The plan of the day"),
    Text("a line for each exercise: by when it is to be begun, and its name"),
)
TIMES_IN: Final = Text("Times are those of {zone}, the course's time zone or else your browser's.")
SAVE: Final = Text("Save the plan")
TAKE_OVER: Final = Text("Take over the plan of {day}")
SAVED: Final = Plural(
    "Saved: {n} exercise is planned for {day}.", "Saved: {n} exercises are planned for {day}."
)
REMOVED: Final = Text("Saved: nothing is planned for {day}.")
UNDONE: Final = Text("Undone: {day} is planned as before.")
UNDO: Final = Text("Undo")
CHANGED: Final = Text("Nothing was changed: meanwhile another plan was saved for {day} ({plan}).")
CHANGED_TO_NONE: Final = Text("Nothing was changed: meanwhile the plan for {day} was removed.")
AGAIN: Final = Text("What you wrote is still in the field: save it again to replace that.")
NOT_SAVED: Final = Text("Nothing was saved. Correct this first:")
NO_TIME: Final = Text("Line {n}: begin it with a time, as in 09:30 {example}")
NO_SUCH_TIME: Final = Text("Line {n}: there is no time {time}; times go from 00:00 to 23:59")
NO_SUCH_EXERCISE: Final = Text("Line {n}: the course has no exercise “{exercise}”")
MEANT: Final = Text("Line {n}: the course has no exercise “{exercise}”; did you mean “{close}”?")
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
#: Before a change the plan is asked for: what is said is still that the change was not made.
_CHANGES: Final = Changes("plan", {AwayError: NOT_DONE, TooManyError: NOT_DONE})
_TEXT: Final = "plan_text"
_DAY: Final = "plan_day"
#: What was saved last, and what is wrong with what was not.
_LAST: Final = "plan_last"
_WRONG: Final = "plan_wrong"
#: What is so much alike was meant: 1.9 is not 1.1, but loop-1 is loops-1.
_CLOSE: Final = 0.75
#: A time of day, as a keyboard for Latin or for Japanese writes it, and all after it.
_LINE: Final = re.compile(r"(?P<hour>\d{1,2})[:\uff1a.](?P<minute>\d{2})\s+(?P<exercise>\S.*)")


@dataclass(frozen=True)
class _Saved:
    """What was saved last: the day, what is planned since, and what was planned before."""

    day: date
    planned: Sequence[PlannedTime]
    before: Sequence[PlannedTime]
    told: str
    can_undo: bool = True


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
            _form(course_id, plan, day, zone)
        live = address("live", course=course_id)
        st.html(f'<p class="cp-small"><a href="{live}" target="_self">{TO_LIVE}</a></p>')
    with right, st.container(border=True, key="plan_exercises"):
        card_title(*EXERCISES)
        names = "".join(f"<li>{escape(name)}</li>" for name in plan.exercises)
        none = f'<p class="cp-muted">{NO_EXERCISES}</p>'
        st.html(
            f'<ul class="cp-names" data-testid="plan-exercises">{names}</ul>' if names else none
        )


def as_text(plan: ClassPlan, zone: tzinfo) -> str:
    """Return a plan as one types it: a line for each exercise."""
    return "\n".join(_lines(plan, zone))


def _lines(plan: ClassPlan, zone: tzinfo) -> list[str]:
    return [f"{each.at.astimezone(zone):%H:%M} {each.exercise}" for each in plan.planned]


def read_plan(
    text: str, day: date, zone: tzinfo, exercises: Sequence[str]
) -> tuple[list[PlannedTime], list[str]]:
    """Return what a text plans for a day, and a sentence for each line that can't be read."""
    planned, wrong = [], []
    for number, written in enumerate(text.splitlines(), 1):
        line = written.strip()
        if not line:
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            wrong.append(NO_TIME.format(n=number, example=exercises[0] if exercises else "1.1"))
            continue
        exercise = found["exercise"]
        try:
            at = time(int(found["hour"]), int(found["minute"]))
        except ValueError:
            told = f"{found['hour']}:{found['minute']}"
            wrong.append(NO_SUCH_TIME.format(n=number, time=told))
            continue
        if exercise not in exercises:
            wrong.append(_unknown(number, exercise, exercises))
            continue
        moment = datetime.combine(day, at, tzinfo=zone)
        planned.append(PlannedTime(at=moment, exercise=exercise))
    return planned, wrong


def _unknown(number: int, exercise: str, exercises: Sequence[str]) -> str:
    close = get_close_matches(exercise, exercises, 1, _CLOSE)
    if not close:
        return NO_SUCH_EXERCISE.format(n=number, exercise=exercise)
    return MEANT.format(n=number, exercise=exercise, close=close[0])


def _choose(day: date) -> None:
    st.session_state[_DAY] = day
    st.date_input(str(DAY), key=_DAY, format="YYYY-MM-DD", on_change=_follow_day, width=200)


def _follow_day() -> None:
    """Put the chosen day into the address, so that reload, back and bookmarks keep it."""
    st.session_state.pop(_WRONG, None)
    if st.session_state[_DAY] is not None:
        put(day=st.session_state[_DAY].isoformat())


def _form(course_id: str, plan: ClassPlan, day: date, zone: tzinfo) -> None:
    key = _key(course_id, plan, day, zone)
    st.session_state.setdefault(key, as_text(plan, zone))
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
        noon = datetime.combine(day, time(12), zone)  # summer time may begin until that day
        in_zone = TIMES_IN.format(zone=noon.tzname() or "UTC")
        st.html(f'<p class="cp-muted cp-small">{escape(in_zone)}</p>')
        save = partial(_save, course_id, key, plan, day, zone)
        st.form_submit_button(str(SAVE), on_click=save)
    if not plan.planned:
        _offer_earlier(course_id, plan.exercises, day, zone)
    _CHANGES.say_refusal()
    _say_what_is_wrong()
    _say_what_was_saved(course_id, plan.exercises, zone)


def _key(course_id: str, plan: ClassPlan, day: date, zone: tzinfo) -> str:
    """Return the name of the field for a plan: another one when a colleague changed it."""
    return f"{_TEXT}/{course_id}/{day}/{as_text(plan, zone)}"


def _offer_earlier(course_id: str, exercises: Sequence[str], day: date, zone: tzinfo) -> None:
    """Offer the latest plan before this day, as a group that meets on another day follows it."""
    begin, _ = pace.span_of(day, zone)
    earlier = session.latest(
        f"{course_id}/plan/before/{day}",
        partial(session.api().plan, course_id, span=(begin - _EARLIER, begin)),
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
    take = partial(_take_over, course_id, day, taken, zone)
    st.button(TAKE_OVER.format(day=last), key="take_over", on_click=take)


def _saved(day: date, done: PlanSet) -> _Saved:
    text = SAVED.format(len(done.planned), day=day) if done.planned else REMOVED.format(day=day)
    return _Saved(day, done.planned, done.before, text)


def _say_what_is_wrong() -> None:
    wrong = st.session_state.pop(_WRONG, None)
    if wrong:
        items = "".join(f"<li>{escape(each)}</li>" for each in wrong)
        st.html(
            f'<div class="cp-notice" role="alert" data-testid="plan-wrong"><p>{NOT_SAVED}</p>'
            f"<ul>{items}</ul></div>"
        )


def _say_what_was_saved(course_id: str, exercises: Sequence[str], zone: tzinfo) -> None:
    last: _Saved | None = st.session_state.get(f"{_LAST}/{course_id}")
    if last is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(f'<p class="cp-muted" role="status">{escape(last.told)}</p>', width="content")
        if last.can_undo:
            undo = partial(_undo, course_id, last, exercises, zone)
            st.button(str(UNDO), key="undo_plan", type="tertiary", on_click=undo)


def _save(course_id: str, key: str, shown: ClassPlan, day: date, zone: tzinfo) -> None:
    text = st.session_state[key]
    planned, wrong = read_plan(text, day, zone, shown.exercises)
    st.session_state[_WRONG] = wrong
    if wrong:
        return
    other = _set(course_id, (day, planned), shown.planned, zone, partial(_saved, day))
    if other is not None:  # its field begins with what was typed, not with that plan
        st.session_state[_key(course_id, other, day, zone)] = text
        _CHANGES.refuse(f"{_changed(other, day, zone)} {AGAIN}")


def _take_over(course_id: str, day: date, taken: Sequence[PlannedTime], zone: tzinfo) -> None:
    _set(course_id, (day, taken), (), zone, partial(_saved, day))


def _undo(course_id: str, last: _Saved, exercises: Sequence[str], zone: tzinfo) -> None:
    before = [each for each in last.before if each.exercise in exercises]  # one may have gone

    def told(_: PlanSet) -> _Saved:
        return _Saved(last.day, (), (), UNDONE.format(day=last.day), can_undo=False)

    other = _set(course_id, (last.day, before), last.planned, zone, told)
    if other is not None:  # there is nothing of one's own any more that could be undone
        st.session_state.pop(f"{_LAST}/{course_id}", None)


def _set(
    course_id: str,
    wanted: tuple[date, Sequence[PlannedTime]],
    known: Sequence[PlannedTime | PlannedReached],
    zone: tzinfo,
    told: Callable[[PlanSet], _Saved],
) -> ClassPlan | None:
    """Plan a day, unless somebody else has planned it since; return that plan, else None.

    Only what is saved in the moment between the question and the change goes unnoticed.

    Args:
        course_id: The course.
        wanted: The day, and what it is to have.
        known: What the page showed, or saved, as its plan.
        zone: Whose day it is.
        told: Says what was saved.
    """
    day, planned = wanted
    found: list[ClassPlan] = []
    # Once: whoever goes on to another page ends what asks Streamlit for anything between the two.
    api = session.api()

    def change() -> None:
        span = pace.span_of(day, zone)
        stored = api.plan(course_id, span=span)
        # What is as wanted already, as by a double click, is nobody else's.
        if _moments(stored.planned) not in (_moments(known), _moments(planned)):
            found.append(stored)
            _CHANGES.refuse(_changed(stored, day, zone))
            return
        done = api.set_plan(course_id, span, planned)
        st.session_state[f"{_LAST}/{course_id}"] = told(done)

    _CHANGES.tried(change)
    return found[0] if found else None


def _moments(planned: Sequence[PlannedTime | PlannedReached]) -> set[tuple[datetime, str]]:
    return {(each.at, each.exercise) for each in planned}


def _changed(stored: ClassPlan, day: date, zone: tzinfo) -> str:
    if not stored.planned:
        return CHANGED_TO_NONE.format(day=day)
    return CHANGED.format(day=day, plan=", ".join(_lines(stored, zone)))
