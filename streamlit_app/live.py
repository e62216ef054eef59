"""The Live page: what happens now, and where the class is."""

from dataclasses import dataclass
from typing import Final

import streamlit as st

from analytics.attention_responses import Attention, ErrorClusters
from analytics.responses import Progress, Students, Timeline
from streamlit_app import attention, charts, notices, session
from streamlit_app.api_client import ApiClient, NumbersUnavailableError
from streamlit_app.frames import exercises_frame, runs_frame
from streamlit_app.layout import Number, card_title, strip
from streamlit_app.live_feed.component import connection_state, live_feed
from streamlit_app.live_feed.start import FeedStart, feed_start
from streamlit_app.palette import palette_for
from streamlit_app.tables import class_table, exercise_table
from streamlit_app.wording import percent

TITLE: Final = "Live"
HERE_NOW: Final = ("here now", "Students who did something in the last 5 minutes")
OF_ALL: Final = "of {n}"
RUNS: Final = ("runs", "How often anyone ran a cell")
WITH_ERROR: Final = ("with an error", "Share of the runs that ended in an error")
LOST: Final = ("lost", "Runs of which only the gap they left is known: they never came here")
NOTHING_LOST: Final = "nothing lost"
NOW: Final = ("Now", "newest first")
CLASS: Final = ("Class", "{n} students, by name")
EXERCISES: Final = ("Exercises", "students who solved it, of those who started")
RUNS_A_MINUTE: Final = ("Runs a minute", "the last hour of class")

#: The numbers are drawn anew when they moved, and at the latest after this, in seconds.
SLOWEST_REDRAW_SECONDS: Final = 10
_MINUTES_SHOWN = 60


@dataclass(frozen=True)
class ClassNumbers:
    """Everything that the page shows of one course."""

    progress: Progress
    students: Students
    timeline: Timeline
    attention: Attention
    clusters: ErrorClusters


def show() -> None:
    """Draw the page of the course that the address names."""
    course_id = st.query_params["course"]
    start = session.latest(f"{course_id}/feed", lambda: feed_start(session.api(), course_id))
    _class_now(course_id, start.numbers)


@st.fragment(run_every=SLOWEST_REDRAW_SECONDS)
def _class_now(course_id: str, start: FeedStart) -> None:
    """Draw everything below the bar; the live list asks for this again when numbers moved."""
    try:
        latest = session.latest(f"{course_id}/class", lambda: _ask(session.api(), course_id))
    except NumbersUnavailableError as error:
        notices.sentence(str(error))
        return
    numbers = latest.numbers
    colours = palette_for(st.context.theme.type)
    _strip(numbers.progress)
    notices.old_numbers(latest.apology, numbers.progress.as_of.time)
    attention.show(course_id, numbers.attention, numbers.clusters)
    left, right = st.columns([5, 3], gap="small")
    with left.container(border=True, key="class"):
        students = numbers.students.students
        card_title(CLASS[0], CLASS[1].format(n=len(students)))
        st.html(class_table(students, course_id, numbers.students.as_of.time))
    with right.container(border=True, key="now", height="stretch"):
        card_title(*NOW)
        live_feed(start, token=session.token(), settings=session.settings())
    with st.container(border=True, key="exercises"):
        card_title(*EXERCISES)
        exercises = numbers.progress.exercises
        left, right = st.columns(2, gap="large")
        solved = charts.solved_of_started(exercises_frame(exercises), colours)
        left.altair_chart(solved, key="exercises_chart", alt=EXERCISES[1])
        right.html(exercise_table(exercises))
    with st.container(border=True, key="minutes"):
        card_title(*RUNS_A_MINUTE)
        minutes = runs_frame(numbers.timeline.buckets, _MINUTES_SHOWN)
        chart = charts.runs_per_minute(minutes, colours)
        st.altair_chart(chart, key="minutes_chart", alt=RUNS_A_MINUTE[0])


def _ask(api: ApiClient, course_id: str) -> ClassNumbers:
    return ClassNumbers(
        api.progress(course_id),
        api.students(course_id),
        api.timeline(course_id),
        api.attention(course_id),
        api.error_clusters(course_id, minutes=attention.CLUSTER_MINUTES),
    )


def _strip(progress: Progress) -> None:
    """Draw the few numbers to be read first, and the state of the connection."""
    of_all = OF_ALL.format(n=progress.students)
    numbers = [
        Number(str(progress.active_students), *HERE_NOW, of=of_all),
        Number(f"{progress.runs:,}", *RUNS),
        Number(percent(progress.error_rate), *WITH_ERROR),
    ]
    if progress.lost_events:
        numbers.append(Number(f"{progress.lost_events:,}", *LOST, is_alarm=True))
    with st.container(key="strip", horizontal=True, vertical_alignment="center"):
        strip(numbers)
        with st.container(key="state", width="content"):
            connection_state(progress.as_of, "" if progress.lost_events else NOTHING_LOST)
