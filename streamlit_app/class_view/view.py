"""The view of a class at one moment: the Live page draws it of now, the Replay page of the past."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analytics.attention.responses import Attention, ErrorCluster, ErrorClusters
from analytics.class_marks.responses import ClassMark
from analytics.class_view.responses import ClassMap
from analytics.live.responses import Live
from analytics.plan.responses import ClassPlan
from analytics.responses import Progress, Timeline
from streamlit_app import session
from streamlit_app.addresses import FAILURE, put
from streamlit_app.api.client import ApiClient
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.attention import cards as attention
from streamlit_app.class_view import failures
from streamlit_app.class_view.charts import solved_of_started
from streamlit_app.class_view.map.component import class_map
from streamlit_app.class_view.map.matrix import Order, map_data, names_of, orders_of, seats_of
from streamlit_app.class_view.strip_numbers import strip_numbers
from streamlit_app.exercise.exercise_table import exercise_table
from streamlit_app.exercise.tables import attempts_table
from streamlit_app.first_visit import page as first_visit
from streamlit_app.language.text import Text
from streamlit_app.page_parts import notices
from streamlit_app.page_parts.charts import runs_per_minute
from streamlit_app.page_parts.frames import (
    exercises_frame,
    marks_frame,
    on_the_wall,
    runs_frame,
)
from streamlit_app.page_parts.layout import card_title, strip
from streamlit_app.page_parts.palette import EITHER
from streamlit_app.plan import pace
from streamlit_app.session import Latest

MAP: Final = Text("Class map")
ORDER: Final = Text("Order of the rows")
ORDER_WORDS: Final[dict[Order, Text]] = {
    "need": Text("by need"),
    "seat": Text("by seat"),
    "name": Text("by name"),
}
RUNS_A_MINUTE: Final = Text("Runs a minute, the last hour of class")
EXERCISES: Final = Text("Exercises: students who solved it, of those who started")

_MINUTES_SHOWN: Final = 60
#: No zone's day begins or ends so long before or after that of UTC.
_FURTHEST_ZONES: Final = timedelta(hours=15)
_STYLE: Final = (Path(__file__).parent / "view.css").read_text("utf-8")
_NO_RUNS: Final = (Path(__file__).parent / "no_runs.css").read_text("utf-8")


@dataclass(frozen=True)
class ClassNumbers:
    """Everything that is shown of one course at first sight, read at one moment."""

    progress: Progress
    class_map: ClassMap
    attention: Attention
    clusters: ErrorClusters
    marks: Sequence[ClassMark]
    plan: ClassPlan

    @classmethod
    def of(cls, live: Live) -> Self:
        """Take them from an answer."""
        return cls(
            progress=live.progress,
            class_map=live.class_map,
            attention=live.attention,
            clusters=live.error_clusters,
            marks=live.marks.marks,
            plan=pace.of_the_day(live.plan, session.local_zone()),
        )


@dataclass(frozen=True)
class ClassView:
    """What a page shows of a class, and what it puts into the places that are its own.

    Args:
        course_id: The course.
        numbers: What is shown at first sight.
        apology: Why the numbers are from before; None when they are those that were asked for.
        timeline: Gives the runs of each minute; it is asked when it is looked at.
        state: Draws how old the numbers are, at the right of the strip.
        every_run: Draws the list of runs, in which students are called as given.
        is_past: Whether it is of the past: then nothing acts.
    """

    course_id: str
    numbers: ClassNumbers
    apology: str | None
    timeline: Callable[[], Latest[Timeline]]
    state: Callable[[], None]
    every_run: Callable[[Mapping[str, str]], None]
    is_past: bool = False


@dataclass(frozen=True)
class Places:
    """Where the parts of the view are; each is drawn when its numbers are there.

    Attributes:
        head: The strip and what is below it.
        map: The class map.
        over_time: The class's way, below the map.
        cards: Who needs a person and the failures, beside the map.
        below: The list of runs, and what is one click away.
    """

    head: DeltaGenerator
    map: DeltaGenerator
    over_time: DeltaGenerator
    cards: DeltaGenerator
    below: DeltaGenerator


def style() -> None:
    """Give the page the view's style, once and in front of it."""
    st.html(f"<style>{_STYLE}</style>")


def lay_out() -> Places:
    """Make the places, which are still empty."""
    head = st.container()
    left, cards = st.columns([5, 2], gap="small")
    return Places(head, left.container(), left.container(), cards, st.container())


def show(view: ClassView, places: Places) -> None:
    """Draw what moves: all but the class's way, and the map before the rest.

    Before anybody has come draw how to begin, and nothing else: the list of runs waits unseen in
    the place that it has then, so that it stays connected, and has the class drawn when it begins.
    """
    numbers = view.numbers
    names = names_of(numbers.class_map)
    if not has_begun(view.course_id, numbers, is_past=view.is_past):
        with places.head:
            _before_the_first_run(view)
        for later in (places.map, places.cards):
            later.empty()  # else Streamlit keeps no place there for a drawing of this part alone
        with places.below:
            _runs(view, names)
        return
    shared = failures.shared(numbers.clusters)
    with places.head:
        _strip(view)
        notices.old_numbers(view.apology, numbers.progress.as_of.time)
        pace.show(view.course_id, numbers.plan, is_past=view.is_past)
    with places.map:
        _map(view, shared)
    with places.cards:
        people = attention.People(names, seats_of(numbers.class_map))
        attention.show(view.course_id, numbers.attention, people, is_past=view.is_past)
        listed = failures.listed(shared, st.query_params.get(FAILURE))
        failures.show(listed, numbers.class_map.now)
    with places.below:
        _runs(view, names)
        _one_click_away(view)


def ask(api: ApiClient, course_id: str, *, stream: bool = False, events: int = 0) -> Live:
    """Ask for everything at once; the plan is that of the day in any zone.

    Args:
        api: As of the moment that is shown.
        course_id: The course.
        stream: Whether the class's way through the exercises is asked for too.
        events: How many of the latest events are.
    """
    begin, end = pace.span_of(pace.day_of(api.moment or datetime.now(UTC), UTC), UTC)
    span = begin - _FURTHEST_ZONES, end + _FURTHEST_ZONES
    return api.live(
        course_id, minutes=failures.CLUSTER_MINUTES, span=span, stream=stream, events=events
    )


def _strip(view: ClassView) -> None:
    """Draw the few numbers to be read first, and beside them how old they are."""
    numbers = view.numbers
    with st.container(key="strip", horizontal=True, vertical_alignment="center"):
        strip(
            strip_numbers(numbers.progress, numbers.class_map, numbers.attention, numbers.clusters)
        )
        with st.container(key="state", width="content"):
            view.state()


def has_begun(course_id: str, numbers: ClassNumbers, *, is_past: bool = False) -> bool:
    """Tell whether anybody of the course has ever come; once it was so, it stays so."""
    if is_past or session.section() is not None:
        return True
    key, progress = f"{course_id}/has_begun", numbers.progress
    if progress.runs or progress.active_students or numbers.attention.students:
        st.session_state[key] = True
    return key in st.session_state


def _before_the_first_run(view: ClassView) -> None:
    """Say what to do."""
    with st.container(key="strip", horizontal=True), st.container(key="state", width="content"):
        view.state()
    notices.old_numbers(view.apology, view.numbers.progress.as_of.time)
    notebooks = [each.notebook or "" for each in view.numbers.class_map.exercises]
    with st.container(key="first_run"):
        first_visit.steps(session.viewer(), notebooks)
        with st.container(key="first_plan"):
            pace.show(view.course_id, view.numbers.plan, is_past=False)
            pace.offer(view.course_id, view.numbers.plan)
        st.html(f'<p class="cp-hidden"></p><style>{_NO_RUNS}</style>')


def _runs(view: ClassView, names: Mapping[str, str]) -> None:
    with st.container(border=True, key="now"):
        view.every_run(names)


def _map(view: ClassView, shared: Sequence[ErrorCluster]) -> None:
    failure = st.query_params.get(FAILURE)
    only = failures.students_of(shared, failure)
    wanted = st.query_params.get("order")
    orders = orders_of(view.numbers.class_map)
    order: Order = next((each for each in orders if each == wanted), "need")
    with st.container(border=True, key="class"):
        with st.container(
            key="map_head",
            horizontal=True,
            vertical_alignment="center",
            horizontal_alignment="distribute",
        ):
            is_gone = failure is not None and only is None
            card_title(MAP, failures.GONE if is_gone else "")
            if is_gone:
                failures.offer_all()
            st.session_state["order"] = order
            st.segmented_control(
                str(ORDER),
                orders,
                key="order",
                required=True,
                format_func=lambda each: str(ORDER_WORDS[each]),
                label_visibility="collapsed",
                on_change=_follow_order,
            )
        numbers = view.numbers
        listed = numbers.attention.students
        drawn = map_data(numbers.class_map, listed, order, only, failure=failure)
        class_map({**drawn, "is_past": view.is_past})


def _one_click_away(view: ClassView) -> None:
    """Offer what is not looked at during class all the time; it is asked for when it is opened."""
    minutes = st.expander(str(RUNS_A_MINUTE), key="minutes", on_change="rerun")
    if minutes.open:
        with minutes:
            _runs_a_minute(view)
    exercises = st.expander(str(EXERCISES), key="exercises", on_change="rerun")
    if exercises.open:
        listed = view.numbers.class_map.exercises
        chart_of_all = solved_of_started(exercises_frame(listed), EITHER)
        exercises.altair_chart(chart_of_all, key="exercises_chart", alt=str(EXERCISES))
        exercises.html(exercise_table(listed, view.course_id))


def _runs_a_minute(view: ClassView) -> None:
    try:
        latest = view.timeline()
    except NumbersUnavailableError as error:
        notices.sentence(str(error))
        return
    notices.old_card(latest.apology, latest.numbers.as_of.time)
    zone, buckets = session.local_zone(), latest.numbers.buckets
    runs = on_the_wall(runs_frame(buckets, _MINUTES_SHOWN), zone)
    marks = on_the_wall(marks_frame(view.numbers.marks), zone)
    chart = runs_per_minute(runs, EITHER, marks)
    st.altair_chart(chart, key="minutes_chart", alt=str(RUNS_A_MINUTE))
    st.html(attempts_table(buckets[-_MINUTES_SHOWN:]))


def _follow_order() -> None:
    put(order=st.session_state["order"])
