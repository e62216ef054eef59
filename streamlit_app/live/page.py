"""The Live page: where a person is needed, and where the class is, now."""

import time
from collections.abc import Mapping
from typing import Final

import streamlit as st

from analytics.live.responses import Live
from streamlit_app import session
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.class_view import view as class_view
from streamlit_app.class_view.strip_numbers import what_is_lost
from streamlit_app.class_view.view import ClassNumbers, ClassView
from streamlit_app.language.text import Text
from streamlit_app.live.feed.component import connection_state, live_feed
from streamlit_app.live.feed.start import ENTRIES, FeedStart, feed_start, start_of
from streamlit_app.page_parts import notices
from streamlit_app.session import Latest

TITLE: Final = Text("Live")

#: What moves by the minute is not asked for more often, in seconds.
_STREAM_SECONDS: Final = 20
#: The drawing of the page that is on the screen: its first numbers came with it.
_DRAWN: Final = "live_drawn"
#: How long the last drawing took, in seconds.
_TOOK: Final = "live_took"


def show() -> None:
    """Draw the page of the course that the address names."""
    class_view.style()
    course_id = st.query_params["course"]
    opened = session.latest(
        f"{course_id}/class",
        lambda: class_view.ask(
            session.api(), course_id, session.local_zone(), stream=True, events=ENTRIES
        ),
    )
    if opened.numbers.class_stream is not None:
        session.keep(f"{course_id}/stream", opened.numbers.class_stream)
    start = session.latest(f"{course_id}/feed", lambda: start_of(opened.numbers.events))
    _class_now(course_id, opened, start.numbers, session.new_drawing())


@st.fragment
def _class_now(course_id: str, opened: Latest[Live], start: FeedStart, drawing: str) -> None:
    """Draw everything below the bar; the live list asks for this again when numbers moved."""
    begin = time.monotonic()
    api = session.api()
    is_opening = st.session_state.get(_DRAWN) != drawing
    st.session_state[_DRAWN] = drawing
    try:
        latest = opened
        if not is_opening:
            latest = session.latest(
                f"{course_id}/class", lambda: class_view.ask(api, course_id, session.local_zone())
            )
    except NumbersUnavailableError as error:
        notices.sentence(str(error))
        notices.keep_trying()
        return
    numbers = ClassNumbers.of(latest.numbers)
    progress = numbers.progress
    stream, minutes = f"{course_id}/stream", f"{course_id}/minutes"
    class_view.show(
        ClassView(
            course_id=course_id,
            numbers=numbers,
            apology=latest.apology,
            stream=lambda: (
                session.latest(
                    stream, lambda: api.class_stream(course_id), every=_STREAM_SECONDS
                ).numbers
            ),
            timeline=lambda: session.latest(minutes, lambda: api.timeline(course_id)).numbers,
            state=lambda: connection_state(
                progress.as_of, what_is_lost(progress), is_alarm=progress.lost_events > 0
            ),
            every_run=lambda names: _every_run(course_id, start, names, drawing),
        )
    )
    st.session_state[_TOOK] = time.monotonic() - begin


def _every_run(course_id: str, start: FeedStart, names: Mapping[str, str], drawing: str) -> None:
    # What comes over the WebSocket has names in it, or, in a pseudonymous course, none.
    is_dropped = session.is_projected() or session.is_pseudonymous()
    if is_dropped:  # then the rows come with each drawing
        api = session.api()
        start = session.latest(f"{course_id}/rows", lambda: feed_start(api, course_id)).numbers
    live_feed(
        start,
        names,
        drawing,
        took=st.session_state.get(_TOOK, 0.0),
        token=session.token(),
        settings=session.settings(),
        is_dropped=is_dropped,
    )
