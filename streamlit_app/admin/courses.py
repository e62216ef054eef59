"""The courses of the Admin page: which there are, a new one, the settings of one."""

from functools import partial
from typing import Final

import streamlit as st
from pydantic import ValidationError

from analytics.admin.course_responses import (
    LONGEST_TITLE,
    AdminCourse,
    CourseSettings,
    NewCourse,
    time_zones,
)
from streamlit_app import session
from streamlit_app.admin import retention as admin_retention
from streamlit_app.admin.frame import attempt, draw_table, note, tell, when
from streamlit_app.language.text import Text
from streamlit_app.page_parts.layout import card_title
from streamlit_app.page_parts.tables import Column

LIST: Final = (Text("Courses"), Text("times are in the chosen course's zone"))
SETTINGS: Final = Text("Settings of {course}")
NEW: Final = (Text("New course"), Text("before its first event, or to enrol students first"))
TITLE: Final = Text("Title")
ZONE: Final = Text("Time zone")
BROWSERS_ZONE: Final = Text("that of the browser")
ZONE_MEANS: Final = Text("The pages show this course's times in it, wherever one looks from.")
ID: Final = Text("Course id")
ID_MEANS: Final = Text("As the notebooks send it with each event; it can't be changed later.")
PSEUDONYMOUS: Final = Text(
    "This course is pseudonymous: its stores, backups and exports have pseudonyms in the place of "
    "the students' ids. Names that are known are kept apart, and only these pages show them."
)
SAVE: Final = Text("Save")
MAKE: Final = Text("Make the course")
SAVED: Final = Text("{course} was changed.")
CHANGED_MEANWHILE: Final = Text(
    "Nothing was changed: somebody else has changed {course} meanwhile. Look at what is there now, "
    "and type yours again if it still fits."
)
MADE: Final = Text("The course {course} was made. Choose it above to enrol its students.")
BAD_ID: Final = Text("Write a course id of 1 to 200 characters. Nothing was made.")
#: How many courses were made on this page.
_MADE_HERE: Final = "admin_made_here"
#: Course → the keys that its fields had when they were drawn last.
_DRAWN: Final = "admin_settings_drawn"
COLUMNS: Final = (
    Column(Text("Course")),
    Column(Text("Title")),
    Column(Text("Enrolled"), is_number=True),
    Column(Text("Sections"), is_number=True),
    Column(Text("Exercises"), is_number=True),
    Column(Text("Registered")),
    Column(Text("First event")),
    Column(Text("Latest event")),
    Column(Text("Time zone")),
)


def show(courses: list[AdminCourse], course: AdminCourse | None) -> None:
    """Draw the list, the chosen course's settings, and the form for a new one."""
    with st.container(border=True, key="admin_courses"):
        card_title(*LIST)
        draw_table("admin-courses", LIST[0], COLUMNS, map(_row, courses))
    left, right = st.columns(2, gap="small")
    if course is not None:
        with left.container(border=True, key="admin_settings"):
            _settings(course)
    with right.container(border=True, key="admin_new_course"):
        _new()


def _row(course: AdminCourse) -> list[str]:
    return [
        course.course_id,
        course.title or "",
        str(course.enrolled),
        str(course.sections or ""),
        str(course.exercises or ""),
        when(course.registered_at),
        when(course.first_event_at),
        when(course.last_event_at),
        course.time_zone or str(BROWSERS_ZONE),
    ]


def _settings(course: AdminCourse) -> None:
    card_title(SETTINGS.format(course=course.course_id))
    if course.pseudonymous:
        note(PSEUDONYMOUS)
    # Other keys once a colleague has changed it: what is there is shown, not what was typed.
    keys = f"{course.course_id}/{course.title}/{course.time_zone}"
    drawn: dict[str, str] = st.session_state.setdefault(_DRAWN, {})
    is_as_drawn = drawn.get(course.course_id, keys) == keys
    drawn[course.course_id] = keys
    with st.form(f"admin_settings_form/{course.course_id}", border=False):
        title = st.text_input(
            str(TITLE), course.title or "", max_chars=LONGEST_TITLE, key=f"title/{keys}"
        )
        zone = _zone(course.time_zone, f"zone/{keys}")
        if st.form_submit_button(str(SAVE)):
            asked = CourseSettings(title=title, time_zone=zone)
            if not is_as_drawn:  # what was typed is lost: the fields have the colleague's values
                tell(CHANGED_MEANWHILE.format(course=course.course_id))
            elif attempt(partial(_save, course.course_id, asked)):
                del drawn[course.course_id]  # the next keys are one's own doing
            st.rerun()
    admin_retention.show(course)


def _new() -> None:
    card_title(*NEW)
    # Other keys, and so empty fields, after each that was made; what is refused stays to be mended.
    made = st.session_state.get(_MADE_HERE, 0)
    with st.form("admin_new_form", border=False):
        course_id = st.text_input(str(ID), help=str(ID_MEANS), key=f"new_id/{made}")
        title = st.text_input(str(TITLE), max_chars=LONGEST_TITLE, key=f"new_title/{made}")
        zone = _zone(None, f"new_zone/{made}")
        if st.form_submit_button(str(MAKE)):
            try:
                asked = NewCourse(course_id=course_id.strip(), title=title, time_zone=zone)
            except ValidationError:
                tell(str(BAD_ID))
            else:
                if attempt(partial(_make, asked)):
                    st.session_state[_MADE_HERE] = made + 1
            st.rerun()


def _zone(chosen: str | None, key: str) -> str | None:
    zones = [None, *sorted(time_zones())]
    return st.selectbox(
        str(ZONE),
        zones,
        index=zones.index(chosen) if chosen in zones else 0,
        format_func=lambda zone: str(BROWSERS_ZONE) if zone is None else zone,
        placeholder=str(BROWSERS_ZONE),
        help=str(ZONE_MEANS),
        key=key,
    )


def _save(course_id: str, asked: CourseSettings) -> str:
    session.admin_api().set_course(course_id, asked)
    return SAVED.format(course=course_id)


def _make(asked: NewCourse) -> str:
    session.admin_api().make_course(asked)
    return MADE.format(course=asked.course_id)
