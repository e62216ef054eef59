"""How long a course keeps its students, on the Admin page: looked at, confirmed, then set."""

from functools import partial
from typing import Final

import streamlit as st

from analytics.admin.course_responses import LONGEST_RETENTION, AdminCourse, CourseSettings
from streamlit_app import session
from streamlit_app.admin.frame import attempt, note
from streamlit_app.language.text import Text
from streamlit_app.page_parts.layout import card_title
from streamlit_app.page_parts.wording import COUNTED_DAYS, COUNTED_STUDENTS

CARD: Final = (Text("How long students are kept"), Text("after their last event"))
DAYS: Final = Text("Days")
MEANS: Final = Text(
    "Whoever has sent nothing for so many days is erased from the course in every store. Whoever "
    "comes back is kept again."
)
FOR_EVER: Final = Text("for ever")
KEEPS_ALL: Final = Text("Students are kept for ever.")
DUE: Final = Text("Kept for {days}, {students} would be erased now.")
SET: Final = Text("Set {days}…")
REALLY: Final = Text(
    "Within minutes {students} of {course} will be erased, and from then on everybody who sends "
    "nothing for {days}. Nothing brings them back."
)
YES: Final = Text("Erase after {days}")
KEEP: Final = Text("Keep for ever")
IS_SET: Final = Text("{course} keeps students {days} after their last event.")
IS_KEPT: Final = Text("{course} keeps its students for ever.")


def show(course: AdminCourse) -> None:
    """Draw what is set and whom it would erase; data goes away only when that is confirmed."""
    card_title(*CARD)
    days = st.number_input(
        str(DAYS),
        min_value=1,
        max_value=LONGEST_RETENTION,
        value=course.retention_days,
        placeholder=str(FOR_EVER),
        help=str(MEANS),
        key=f"retention/{course.course_id}/{course.retention_days}",
    )
    if days is None:
        note(KEEPS_ALL)
        return
    due = None
    if days == course.retention_days:
        note(IS_SET.format(course=course.course_id, days=COUNTED_DAYS.format(days)))
    else:
        due = session.admin_api().retention(course.course_id, days).due
        note(DUE.format(days=COUNTED_DAYS.format(days), students=COUNTED_STUDENTS.format(due)))
    with st.container(horizontal=True):
        if due is not None:
            _confirm(course, days, due)
        if course.retention_days is not None:
            _keep(course)


def _keep(course: AdminCourse) -> None:
    # Each course has a button of its own: a click that waits is done to no other one.
    if st.button(str(KEEP), key=f"admin_keep/{course.course_id}"):
        attempt(partial(_set, course, None))
        st.rerun()


def _confirm(course: AdminCourse, days: int, due: int) -> None:
    in_days = COUNTED_DAYS.format(days)
    with st.popover(SET.format(days=in_days)):
        students = COUNTED_STUDENTS.format(due)
        note(REALLY.format(students=students, course=course.course_id, days=in_days))
        key = f"admin_retention/{course.course_id}/{days}"
        if st.button(YES.format(days=in_days), key=key):
            attempt(partial(_set, course, days))
            st.rerun()


def _set(course: AdminCourse, days: int | None) -> str:
    session.admin_api().set_course(course.course_id, CourseSettings(retention_days=days))
    if days is None:
        return IS_KEPT.format(course=course.course_id)
    return IS_SET.format(course=course.course_id, days=COUNTED_DAYS.format(days))
