"""The Live page: where a person is needed, and where the class is, now."""

from typing import Final

import streamlit as st

from streamlit_app import class_view, notices, session
from streamlit_app.api_client import NumbersUnavailableError
from streamlit_app.class_view import ClassView
from streamlit_app.language.text import Text
from streamlit_app.live_feed.component import connection_state, live_feed
from streamlit_app.live_feed.start import FeedStart, feed_start
from streamlit_app.strip_numbers import what_is_lost

TITLE: Final = Text("Live")

#: The numbers are drawn anew when they moved, and at the latest after this, in seconds.
SLOWEST_REDRAW_SECONDS: Final = 10
#: What moves by the minute is not asked for more often, in seconds.
_STREAM_SECONDS: Final = 20


def show() -> None:
    """Draw the page of the course that the address names."""
    class_view.style()
    course_id = st.query_params["course"]
    start = session.latest(f"{course_id}/feed", lambda: feed_start(session.api(), course_id))
    _class_now(course_id, start.numbers, session.new_drawing())


@st.fragment(run_every=SLOWEST_REDRAW_SECONDS)
def _class_now(course_id: str, start: FeedStart, drawing: str) -> None:
    """Draw everything below the bar; the live list asks for this again when numbers moved."""
    api = session.api()
    try:
        latest = session.latest(
            f"{course_id}/class", lambda: class_view.ask(api, course_id, session.local_zone())
        )
    except NumbersUnavailableError as error:
        notices.sentence(str(error))
        return
    progress = latest.numbers.progress
    stream, minutes = f"{course_id}/stream", f"{course_id}/minutes"
    class_view.show(
        ClassView(
            course_id=course_id,
            numbers=latest.numbers,
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
            every_run=lambda: _every_run(course_id, start, drawing),
        )
    )


def _every_run(course_id: str, start: FeedStart, drawing: str) -> None:
    # What comes over the WebSocket has names in it, or, in a pseudonymous course, none.
    is_dropped = session.is_projected() or session.is_pseudonymous()
    if is_dropped:  # then the rows come with each drawing
        api = session.api()
        start = session.latest(f"{course_id}/rows", lambda: feed_start(api, course_id)).numbers
    live_feed(
        start,
        drawing,
        token=session.token(),
        settings=session.settings(),
        is_dropped=is_dropped,
    )
