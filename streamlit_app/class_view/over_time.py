"""The class's way through the exercises, over time, with what was noted meanwhile."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import streamlit as st

from analytics.class_marks.responses import ClassMark
from analytics.class_view.responses import ClassStream
from streamlit_app import session
from streamlit_app.class_view import class_marks
from streamlit_app.class_view.charts import class_stream
from streamlit_app.class_view.tables import stream_table, students_now
from streamlit_app.class_view.view import ClassNumbers
from streamlit_app.language.text import Text
from streamlit_app.page_parts import notices
from streamlit_app.page_parts.charts import OverTime
from streamlit_app.page_parts.frames import marks_frame, on_the_wall, stream_frame
from streamlit_app.page_parts.layout import card_title
from streamlit_app.page_parts.palette import EITHER
from streamlit_app.plan import pace
from streamlit_app.session import Latest

OVER_TIME: Final = (
    Text("Where the class is, over time"),
    Text("share of students at each exercise, from pale for the first to full for the last"),
)
NOT_BEGUN: Final = Text("Nobody has run an exercise yet.")
FIRST_MINUTE: Final = Text("It is drawn from the second minute of class on.")
#: Marks of class that are listed: those of so long.
MARKS_LISTED: Final = timedelta(hours=12)


def show(
    course_id: str, latest: Latest[ClassStream], numbers: ClassNumbers, *, is_past: bool = False
) -> None:
    """Draw the class's way through the exercises, what was noted meanwhile, and the way to a plan.

    Args:
        course_id: The course.
        latest: Its way.
        numbers: What is shown beside it.
        is_past: Whether it is of the past: then nothing acts.
    """
    stream = latest.numbers
    with st.container(border=True, key="over_time"):
        card_title(*OVER_TIME)
        notices.old_card(latest.apology, stream.as_of.time)
        if len(stream.steps) == 1:  # one step is no way
            st.html(f'<p class="cp-muted">{FIRST_MINUTE}</p>')
            st.html(stream_table(stream))
        elif stream.steps:
            chart = _stream_chart(stream, numbers.marks)
            st.altair_chart(chart, key="stream_chart", alt=str(OVER_TIME[0]))
            st.html(students_now(stream) + stream_table(stream))
        else:
            st.html(f'<p class="cp-muted">{NOT_BEGUN}</p>')
        if not is_past and not session.own_sections(course_id):
            class_marks.show(course_id, _of_this_class(numbers))
        if not is_past:
            pace.offer(course_id, numbers.plan)


def _stream_chart(stream: ClassStream, noted: Sequence[ClassMark]) -> OverTime:
    zone = session.local_zone()
    marks = on_the_wall(marks_frame(noted), zone)
    return class_stream(on_the_wall(stream_frame(stream), zone), EITHER, marks)


def _of_this_class(numbers: ClassNumbers) -> list[ClassMark]:
    """Return the marks of the last hours: those of earlier classes stand on their replays."""
    since = numbers.class_map.now - MARKS_LISTED
    return [each for each in numbers.marks if each.at >= since]
