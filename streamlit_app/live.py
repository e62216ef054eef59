"""The Live page: where a person is needed, and where the class is."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st

from analytics.attention_responses import Attention, ErrorClusters
from analytics.class_responses import ClassMap
from analytics.responses import Progress
from streamlit_app import attention, charts, failures, notices, session
from streamlit_app.api_client import ApiClient, NumbersUnavailableError
from streamlit_app.class_map.component import class_map
from streamlit_app.class_map.matrix import ORDERS, Order, map_data
from streamlit_app.exercise_tables import attempts_table
from streamlit_app.frames import exercises_frame, runs_frame, stream_frame
from streamlit_app.language.text import Text
from streamlit_app.layout import card_title, strip
from streamlit_app.live_feed.component import connection_state, live_feed
from streamlit_app.live_feed.start import FeedStart, feed_start
from streamlit_app.palette import Palette, palette_for
from streamlit_app.strip_numbers import strip_numbers, what_is_lost
from streamlit_app.tables import exercise_table, stream_table

TITLE: Final = Text("Live")
MAP: Final = Text("Class map")
ORDER: Final = Text("Order of the rows")
ORDER_WORDS: Final[dict[Order, Text]] = {"need": Text("by need"), "name": Text("by name")}
OVER_TIME: Final = (
    Text("Where the class is, over time"),
    Text("share of students at each exercise, from pale for the first to full for the last"),
)
NOT_BEGUN: Final = Text("Nobody has run an exercise yet.")
RUNS_A_MINUTE: Final = Text("Runs a minute, the last hour of class")
EXERCISES: Final = Text("Exercises: students who solved it, of those who started")

#: The numbers are drawn anew when they moved, and at the latest after this, in seconds.
SLOWEST_REDRAW_SECONDS: Final = 10
#: What moves by the minute is not asked for more often, in seconds.
_STREAM_SECONDS: Final = 20
_MINUTES_SHOWN: Final = 60
_STYLE: Final = (Path(__file__).parent / "live.css").read_text("utf-8")


@dataclass(frozen=True)
class ClassNumbers:
    """Everything that the page shows of one course at first sight."""

    progress: Progress
    class_map: ClassMap
    attention: Attention
    clusters: ErrorClusters


def show() -> None:
    """Draw the page of the course that the address names."""
    st.html(f"<style>{_STYLE}</style>")
    course_id = st.query_params["course"]
    start = session.latest(f"{course_id}/feed", lambda: feed_start(session.api(), course_id))
    _class_now(course_id, start.numbers)


@st.fragment(run_every=SLOWEST_REDRAW_SECONDS)
def _class_now(course_id: str, start: FeedStart) -> None:
    """Draw everything below the bar; the live list asks for this again when numbers moved."""
    api = session.api()
    try:
        latest = session.latest(f"{course_id}/class", lambda: _ask(api, course_id))
    except NumbersUnavailableError as error:
        notices.sentence(str(error))
        return
    numbers = latest.numbers
    colours = palette_for(st.context.theme.type)
    _strip(numbers)
    notices.old_numbers(latest.apology, numbers.progress.as_of.time)
    shared = failures.shared(numbers.clusters)
    left, right = st.columns([5, 2], gap="small")
    with left:
        _map(numbers, failures.students_of(shared, st.query_params.get(failures.PARAMETER)))
        _over_time(course_id, colours)
    with right:
        attention.show(course_id, numbers.attention)
        failures.show(shared, numbers.clusters.as_of.time)
    with st.container(border=True, key="now"):
        live_feed(start, token=session.token(), settings=session.settings())
    _one_click_away(course_id, numbers, colours)


def _ask(api: ApiClient, course_id: str) -> ClassNumbers:
    """Ask for everything at once: what one waits for is the slowest answer, not their sum."""
    with ThreadPoolExecutor() as asking:
        answers = (
            asking.submit(api.progress, course_id),
            asking.submit(api.class_map, course_id),
            asking.submit(api.attention, course_id),
            asking.submit(api.error_clusters, course_id, minutes=failures.CLUSTER_MINUTES),
        )
        progress, of_map, listed, clusters = answers
        return ClassNumbers(progress.result(), of_map.result(), listed.result(), clusters.result())


def _strip(numbers: ClassNumbers) -> None:
    """Draw the few numbers to be read first, and the state of the connection."""
    progress = numbers.progress
    with st.container(key="strip", horizontal=True, vertical_alignment="center"):
        strip(strip_numbers(progress, numbers.class_map, numbers.attention))
        with st.container(key="state", width="content"):
            connection_state(
                progress.as_of, what_is_lost(progress), is_alarm=progress.lost_events > 0
            )


def _map(numbers: ClassNumbers, only: frozenset[str] | None) -> None:
    wanted = st.query_params.get("order")
    order: Order = next((each for each in ORDERS if each == wanted), "need")
    with st.container(border=True, key="class"):
        with st.container(
            key="map_head",
            horizontal=True,
            vertical_alignment="center",
            horizontal_alignment="distribute",
        ):
            card_title(MAP)
            st.session_state["order"] = order
            st.segmented_control(
                str(ORDER),
                ORDERS,
                key="order",
                required=True,
                format_func=lambda each: str(ORDER_WORDS[each]),
                label_visibility="collapsed",
                on_change=_follow_order,
            )
        class_map(map_data(numbers.class_map, numbers.attention.students, order, only))


def _over_time(course_id: str, colours: Palette) -> None:
    api = session.api()
    with st.container(border=True, key="over_time"):
        card_title(*OVER_TIME)
        stream = session.latest(
            f"{course_id}/stream", lambda: api.class_stream(course_id), every=_STREAM_SECONDS
        ).numbers
        if stream.steps:
            chart = charts.class_stream(stream_frame(stream), colours)
            st.altair_chart(chart, key="stream_chart", alt=str(OVER_TIME[0]))
            st.html(stream_table(stream))
        else:
            st.html(f'<p class="cp-muted">{NOT_BEGUN}</p>')


def _one_click_away(course_id: str, numbers: ClassNumbers, colours: Palette) -> None:
    """Offer what is not looked at during class all the time; it is asked for when it is opened."""
    minutes = st.expander(str(RUNS_A_MINUTE), key="minutes", on_change="rerun")
    if minutes.open:
        api = session.api()
        timeline = session.latest(f"{course_id}/minutes", lambda: api.timeline(course_id)).numbers
        runs = runs_frame(timeline.buckets, _MINUTES_SHOWN)
        chart = charts.runs_per_minute(runs, colours)
        minutes.altair_chart(chart, key="minutes_chart", alt=str(RUNS_A_MINUTE))
        minutes.html(attempts_table(timeline.buckets[-_MINUTES_SHOWN:]))
    exercises = st.expander(str(EXERCISES), key="exercises", on_change="rerun")
    if exercises.open:
        listed = numbers.class_map.exercises
        chart_of_all = charts.solved_of_started(exercises_frame(listed), colours)
        exercises.altair_chart(chart_of_all, key="exercises_chart", alt=str(EXERCISES))
        exercises.html(exercise_table(listed))


def _follow_order() -> None:
    """Put the chosen order into the address, so that reload, back and sharing keep it."""
    st.query_params["order"] = st.session_state["order"]
