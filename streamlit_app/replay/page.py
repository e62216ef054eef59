"""The Replay page: a session of class on a slider, shown as the Live page was then."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from html import escape
from typing import Any, Final

import streamlit as st

from analytics.class_marks.responses import ClassMark
from analytics.class_view.responses import ClassSession, ClassStream
from analytics.responses import Timeline
from streamlit_app import session
from streamlit_app.addresses import address, as_drawn, put
from streamlit_app.api.client import ApiClient
from streamlit_app.api.errors import STRANGE, NumbersUnavailableError
from streamlit_app.class_view import over_time
from streamlit_app.class_view import view as class_view
from streamlit_app.class_view.strip_numbers import what_is_lost
from streamlit_app.class_view.view import ClassNumbers, ClassView
from streamlit_app.language.formats import (
    clock,
    date_and_clock,
    day_and_exact_clock,
    exact_clock,
)
from streamlit_app.language.text import Text
from streamlit_app.live.feed.component import past_feed
from streamlit_app.live.feed.start import ENTRIES, FeedStart, start_of
from streamlit_app.page_parts import notices
from streamlit_app.page_parts.part import part
from streamlit_app.page_parts.wording import COUNTED_RUNS, COUNTED_STUDENTS
from streamlit_app.replay.span import bar_minutes, opening_of, session_at, span_of
from streamlit_app.replay.time.component import SPEEDS, asked, replay_time
from streamlit_app.session import Latest

TITLE: Final = Text("Replay")
CHOOSE: Final = Text("Session of class")
SESSION: Final = Text("{begin} to {end} · {students} · {runs}")
NO_CLASS_YET: Final = Text("There has been no class to replay yet.")
THE_PAST: Final = Text("The past")
AS_IT_WAS: Final = Text("as it was on {time}; nothing can be changed here")
TO_NOW: Final = Text("Go to now")
CAME_AFTER: Final = Text(
    "What was run in this session came only on {time}, so nothing of it was to be seen during it."
)
TO_REPORT: Final = Text("See the report")
THEN: Final = Text("as of {time} · {lost}")

#: The parameters of the address.
AT: Final = "at"
SPEED: Final = "speed"
#: When the class met, and how busy it was, is not asked for more often, in seconds.
_SESSIONS_SECONDS: Final = 60
#: The moment that was asked for last, and what the address said then.
_ASKED: Final = "replay_asked"


@dataclass(frozen=True)
class PastNumbers:
    """What is shown of the class at a moment of the past."""

    at: datetime
    numbers: ClassNumbers
    stream: ClassStream
    runs: FeedStart


def show() -> None:
    """Draw the session of class, and the moment of it, that the address names."""
    class_view.style()
    course_id = st.query_params["course"]
    sessions = session.latest(
        f"{course_id}/class_sessions",
        partial(session.api().class_sessions, course_id),
        every=_SESSIONS_SECONDS,
    ).numbers.sessions
    if not sessions:
        notices.sentence(str(NO_CLASS_YET))
        return
    _choose(sessions, session_at(sessions, read_moment(st.query_params.get(AT))))
    _class_then(course_id, sessions, session.new_drawing())


def read_moment(text: str | None) -> datetime | None:
    """Return the moment that an address names; None where it names none."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_speed(text: str | None) -> int:
    """Return the speed that an address names; the second of all where it names none."""
    return next((each for each in SPEEDS if str(each) == text), SPEEDS[1])


def in_address(moment: datetime) -> str:
    """Return a moment as the address has it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def words_of(met: ClassSession) -> str:
    """Return when a session of class was, who was there, and how much they ran."""
    zone = session.local_zone()
    begin, end = met.started_at.astimezone(zone), met.ended_at.astimezone(zone)
    return SESSION.format(
        begin=date_and_clock(begin),
        end=clock(end) if end.date() == begin.date() else date_and_clock(end),
        students=COUNTED_STUDENTS.format(met.students),
        runs=COUNTED_RUNS.format(met.runs),
    )


def _choose(sessions: Sequence[ClassSession], chosen: ClassSession) -> None:
    by_opening = {in_address(opening_of(each)): each for each in sessions}
    shown = st.session_state["met"] = in_address(opening_of(chosen))
    st.selectbox(
        str(CHOOSE),
        list(by_opening),
        key="met",
        format_func=lambda opening: words_of(by_opening[opening]),
        placeholder=str(CHOOSE),
        label_visibility="collapsed",
        on_change=_follow_choice,
        args=(shown,),
        width=460,
    )


def _follow_choice(shown: str) -> None:
    """Begin with the chosen session of class, and put that into the address.

    Streamlit also calls this where the words of the session that is shown have changed, as they do
    while a class goes on.
    """
    if st.session_state["met"] not in (None, shown):
        put(**{AT: st.session_state["met"]})


def _follow_browser() -> None:
    """Remember what the browser asks for; put it into the address unless it is just playing.

    While it plays the browser itself keeps the address, without an entry in the history for each
    step.
    """
    wish = asked()
    if wish is None:
        return
    as_drawn()
    if not wish.is_playing:
        put(**{AT: in_address(wish.at), SPEED: str(wish.speed)})
    st.session_state[_ASKED] = (_named(), wish)


def _asked_for() -> tuple[datetime | None, int]:
    """Return moment and speed: the browser's latest wish, unless the address changed since."""
    remembered = st.session_state.get(_ASKED)
    if remembered is not None and remembered[0] == _named():
        return remembered[1].at, remembered[1].speed
    return read_moment(st.query_params.get(AT)), read_speed(st.query_params.get(SPEED))


def _named() -> tuple[str | None, ...]:
    """Return what the address says of the class, the moment and the speed.

    Not which section: while it plays the browser alone knows the moment, which another section of
    the same class goes on from.
    """
    return tuple(st.query_params.get(each) for each in ("course", AT, SPEED))


@part()
def _class_then(course_id: str, sessions: Sequence[ClassSession], drawing: str) -> None:
    """Draw the slider and the class below it; the browser asks for this again while it plays."""
    wanted, speed = _asked_for()
    met = session_at(sessions, wanted)
    begin, end = span_of(met)
    at = min(max(begin, wanted or opening_of(met)), end)
    with st.container(border=True, key="replay"):
        slider = st.container()
    api = session.api()
    try:
        minutes = session.latest(
            f"{course_id}/minutes/{begin}",
            lambda: api.timeline(course_id, span=(begin, end), minutes=bar_minutes(begin, end)),
            every=_SESSIONS_SECONDS,
        ).numbers
        latest = session.latest(f"{course_id}/then", lambda: _ask(api.at(at), course_id, at))
    except NumbersUnavailableError as error:
        notices.sentence(str(error))
        notices.keep_trying()
        return
    past = latest.numbers
    _banner(past.at, course_id, met)
    _draw(past, api, course_id, latest.apology)
    marks = [each for each in past.numbers.marks if begin <= each.at <= end]
    with slider:  # last, so that the browser knows by it that all is drawn
        shown = slider_data(begin, end, minutes, marks)
        moment = {"at_ms": _ms(at), "speed": speed, "drawing": drawing}
        replay_time({**shown, **moment}, _follow_browser)


def slider_data(
    begin: datetime, end: datetime, minutes: Timeline, marks: Sequence[ClassMark]
) -> dict[str, Any]:
    """Return what the slider shows of a session of class: its span, runs a bar, and marks."""
    return {
        "begin_ms": _ms(begin),
        "end_ms": _ms(end),
        "runs": [each.runs for each in minutes.buckets],
        "marks": [{"at_ms": _ms(each.at), "text": each.text} for each in marks],
    }


def _ask(api: ApiClient, course_id: str, at: datetime) -> PastNumbers:
    live = class_view.ask(api, course_id, stream=True, events=ENTRIES)
    if live.class_stream is None:
        raise NumbersUnavailableError(STRANGE)
    return PastNumbers(at, ClassNumbers.of(live), live.class_stream, start_of(live.events))


def _banner(at: datetime, course_id: str, met: ClassSession) -> None:
    zone = session.local_zone()
    time = day_and_exact_clock(at.astimezone(zone))
    told = escape(AS_IT_WAS.format(time=time))
    st.html(
        f'<p class="cp-past" data-testid="past"><b>{THE_PAST}</b> <span>{told}</span> '
        f'<a href="{address("live", course=course_id)}" target="_self">{TO_NOW}</a></p>'
        + (_came_after(met, course_id, zone) if met.arrived_at > span_of(met)[1] else "")
    )


def _came_after(met: ClassSession, course_id: str, zone: tzinfo) -> str:
    report = address("after-class", course=course_id, session=met.started_at.isoformat())
    told = CAME_AFTER.format(time=date_and_clock(met.arrived_at.astimezone(zone)))
    return (
        f'<p class="cp-notice" data-testid="came-after"><span>{escape(told)}</span> '
        f'<a href="{report}" target="_self">{TO_REPORT}</a></p>'
    )


def _draw(past: PastNumbers, api: ApiClient, course_id: str, apology: str | None) -> None:
    numbers = past.numbers
    until_then = [each for each in numbers.marks if each.at <= past.at]
    then = THEN.format(
        time=exact_clock(past.at.astimezone(session.local_zone())),
        lost=what_is_lost(numbers.progress),
    )
    shown = replace(numbers, marks=until_then)
    places = class_view.lay_out()
    class_view.show(
        ClassView(
            course_id=course_id,
            numbers=shown,
            apology=apology,
            timeline=lambda: Latest(api.at(past.at).timeline(course_id)),
            state=lambda: _say(then),
            every_run=lambda names: past_feed(past.runs, names),
            is_past=True,
        ),
        places,
    )
    with places.over_time:
        over_time.show(course_id, Latest(past.stream), shown, is_past=True)


def _say(text: str) -> None:
    st.html(f'<p class="cp-muted">{escape(text)}</p>')


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
