"""The Live page: where a person is needed, and where the class is, now."""

import time
from collections.abc import Mapping
from typing import Final

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from analytics.class_marks.responses import ClassMark
from analytics.live.responses import Live
from streamlit_app import session
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.class_view import over_time
from streamlit_app.class_view import view as class_view
from streamlit_app.class_view.strip_numbers import what_is_lost
from streamlit_app.class_view.view import ClassNumbers, ClassView, Places
from streamlit_app.language.text import Text
from streamlit_app.live.feed.component import SHORTEST_REDRAW_SECONDS, connection_state, live_feed
from streamlit_app.live.feed.start import ENTRIES, FeedStart, feed_start, start_of
from streamlit_app.page_parts import notices
from streamlit_app.page_parts.part import part
from streamlit_app.session import Latest

TITLE: Final = Text("Live")

#: What moves by the minute is drawn so often, in seconds, and asked for no more often.
_STREAM_SECONDS: Final = 20
#: When numbers moved, what another page of the viewer's was told so many seconds ago does: what it
#: lacks is drawn a little later (feed.js).
_SHARED_SECONDS: Final = 0.8 * SHORTEST_REDRAW_SECONDS
#: A click that changes nothing is answered by the numbers on the page, if they are younger than so
#: many seconds: the API of a large class takes longer than a click may.
_CLICK_SECONDS: Final = 5
#: The parts of the page, each drawn for itself: what moves, and the class's way.
_CLASS_NOW: Final = "class_now"
_OVER_TIME: Final = "over_time_now"
#: The drawing of the page that is on the screen: its first numbers came with it.
_DRAWN: Final = "live_drawn"
#: Whether it is because numbers moved that a part is drawn, and nobody did anything.
_HAS_MOVED: Final = "live_has_moved"
#: What stands beside the class's way on the screen, and whether that is old.
_BESIDE: Final = "live_beside"
_IS_OLD: Final = "live_is_old"
#: How long the last drawing took, in seconds.
_TOOK: Final = "live_took"


def show() -> None:
    """Draw the page of the course that the address names."""
    class_view.style()
    course_id = st.query_params["course"]
    opened = session.latest(
        _class(course_id),
        lambda: class_view.ask(
            session.api(session.answers().take), course_id, stream=True, events=ENTRIES
        ),
    )
    if opened.numbers.class_stream is not None:
        session.keep(_stream(course_id), opened.numbers.class_stream)
    start = session.latest(f"{course_id}/feed", lambda: start_of(opened.numbers.events))
    places = class_view.lay_out()
    _class_now(course_id, opened, start.numbers, session.new_drawing(), places)
    with places.over_time:
        _over_time(course_id)


@part(key=_CLASS_NOW)
def _class_now(
    course_id: str, opened: Latest[Live], start: FeedStart, drawing: str, places: Places
) -> None:
    """Draw what moves; the live list asks for this again when numbers moved."""
    begin = time.monotonic()
    is_opening = st.session_state.get(_DRAWN) != drawing
    st.session_state[_DRAWN] = drawing
    has_moved = st.session_state.pop(_HAS_MOVED, False)
    try:
        latest = opened if is_opening else _of_now(course_id, has_moved=has_moved)
    except NumbersUnavailableError as error:
        with places.head:
            notices.sentence(str(error))
            notices.keep_trying()
        return
    numbers = ClassNumbers.of(latest.numbers)
    st.session_state[_IS_OLD] = not is_opening and _beside(
        course_id, numbers
    ) != st.session_state.get(_BESIDE)
    progress = numbers.progress
    minutes = f"{course_id}/minutes"
    view = ClassView(
        course_id=course_id,
        numbers=numbers,
        apology=latest.apology,
        timeline=lambda: session.latest(minutes, lambda: session.api().timeline(course_id)),
        state=lambda: connection_state(
            progress.as_of,
            what_is_lost(progress),
            is_alarm=progress.lost_events > 0,
            is_old=latest.apology is not None,
        ),
        every_run=lambda names: _every_run(
            course_id, start, names, drawing, progress.as_of.position
        ),
    )
    class_view.show(view, places)
    st.session_state[_TOOK] = time.monotonic() - begin


@part(run_every=_STREAM_SECONDS, key=_OVER_TIME)
def _over_time(course_id: str) -> None:
    """Draw the class's way, seldom: to check and encode its chart is much of a drawing."""
    young = _STREAM_SECONDS / 2
    api = session.api(session.answers().within(young))
    try:
        latest = _latest(course_id, every=young)
    except NumbersUnavailableError:
        st.session_state[_IS_OLD] = False
        return  # what moves says why
    numbers = ClassNumbers.of(latest.numbers)
    if class_view.has_begun(course_id, numbers):
        try:
            stream = session.latest(
                _stream(course_id), lambda: api.class_stream(course_id), every=young
            )
            over_time.show(course_id, stream, numbers)
        except NumbersUnavailableError as error:
            notices.sentence(str(error))
    st.session_state[_BESIDE] = _beside(course_id, numbers)
    st.session_state[_IS_OLD] = False


def _beside(course_id: str, numbers: ClassNumbers) -> tuple[list[ClassMark], bool, bool]:
    return list(numbers.marks), bool(numbers.plan.planned), class_view.has_begun(course_id, numbers)


def _numbers_moved() -> None:
    """Have what moves drawn, and with it what stands beside the class's way where that is old."""
    st.session_state[_HAS_MOVED] = True
    context = get_script_run_ctx()
    is_whole = context is None or not context.fragment_ids_this_run  # then all of it is drawn anew
    if st.session_state.get(_IS_OLD) and not is_whole:
        st.rerun([_CLASS_NOW, _OVER_TIME])


def _of_now(course_id: str, *, has_moved: bool) -> Latest[Live]:
    if has_moved:
        return _latest(course_id, is_shared=True)
    return _latest(course_id, every=_CLICK_SECONDS)


def _latest(course_id: str, *, every: float = 0, is_shared: bool = False) -> Latest[Live]:
    api = session.api(session.answers().within(_SHARED_SECONDS) if is_shared else None)
    return session.latest(_class(course_id), lambda: class_view.ask(api, course_id), every=every)


def _class(course_id: str) -> str:
    return f"{course_id}/class"


def _stream(course_id: str) -> str:
    return f"{course_id}/stream"


def _every_run(
    course_id: str, start: FeedStart, names: Mapping[str, str], drawing: str, as_of: str | None
) -> None:
    # What comes over the WebSocket has names in it, or, in a pseudonymous course, none.
    is_dropped = session.is_projected() or session.is_pseudonymous()
    if is_dropped:  # then the rows come with each drawing
        rows = _rows(course_id, start)
        notices.old_card(rows.apology, rows.numbers.as_of)
        start = rows.numbers
    live_feed(
        start,
        names,
        drawing,
        _numbers_moved,
        as_of=as_of,
        is_behind=st.session_state[_IS_OLD],
        took=st.session_state.get(_TOOK, 0.0),
        token=session.token(),
        settings=session.settings(),
        is_dropped=is_dropped,
    )


def _rows(course_id: str, start: FeedStart) -> Latest[FeedStart]:
    api = session.api()
    try:
        return session.latest(f"{course_id}/rows", lambda: feed_start(api, course_id))
    except NumbersUnavailableError as error:  # those that the page began with are old by now
        return Latest(start, str(error))
