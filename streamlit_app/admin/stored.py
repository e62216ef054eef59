"""What is stored about whom, on the Admin page: of the chosen course, and about one student."""

from typing import Final

import streamlit as st

from analytics.admin.course_responses import AdminCourse
from analytics.admin.stored_responses import StoredCourse, StoredRows
from streamlit_app import session
from streamlit_app.addresses import ASKED_ABOUT, put
from streamlit_app.admin.frame import NEVER, draw_table, note, when
from streamlit_app.bar import projector
from streamlit_app.language.formats import size
from streamlit_app.language.text import Text
from streamlit_app.page_parts.layout import card_title
from streamlit_app.page_parts.tables import Column
from streamlit_app.page_parts.wording import COUNTED_EVENTS, COUNTED_STUDENTS

COURSE: Final = Text("What is stored about {course}")
COURSE_NOTE: Final = Text("{events} of {students}, {begin} to {end}")
STUDENT: Final = (Text("What is stored about a student"), Text("in all courses"))
HIDDEN: Final = Text("Names are hidden now, and this would show who it is about.")
STUDENT_ID: Final = Text("Student id, as the events have it")
NOBODY: Final = Text("Nothing is stored about {student}: is the id written as the events have it?")
OF_STUDENT: Final = Text("{course}: {events}, {begin} to {end}")
ENROLLED: Final = Text("since {time}")
NAMED: Final = Text("{name}, ")
IN_SECTION: Final = Text("section {section}, ")
UNCOUNTED: Final = Text("not counted")
#: In which store what is kept, and what of it.
STORED: Final = Text("{store}: {part}")
STORES: Final = {
    "lake": Text("lake"),
    "postgres": Text("PostgreSQL"),
    "redis": Text("Redis"),
    "influxdb": Text("InfluxDB"),
}
#: What is not a table of PostgreSQL.
EVENTS: Final = {
    "lake": Text("events"),
    "redis": Text("the newest events"),
    "influxdb": Text("full event log"),
}
#: Table of PostgreSQL → what its rows are.
TABLES: Final = {
    "admin_actions": Text("changes by admins"),
    "attention_marks": Text("marks of who was helped"),
    "attention_snoozes": Text("snoozes"),
    "attention_thresholds": Text("thresholds of the attention list"),
    "class_marks": Text("marks of the class"),
    "course_notices": Text("what students are told of the course"),
    "course_registrations": Text("registrations"),
    "courses": Text("course"),
    "deletion_requests": Text("requests to be erased"),
    "enrollments": Text("enrolments"),
    "erased_sessions": Text("sessions of erased students, without whose they were"),
    "erased_students": Text("erased students, without their ids"),
    "exercises": Text("exercises seen"),
    "issued_tokens": Text("tokens handed out"),
    "notebooks": Text("notebooks seen"),
    "notices_seen": Text("who has read what students are told"),
    "planned_exercises": Text("plan of the lessons"),
    "pseudonymous_courses": Text("that it is pseudonymous"),
    "registered_cells": Text("registered cells"),
    "registered_checks": Text("registered checks"),
    "registered_courses": Text("registration that holds now"),
    "registered_exercises": Text("registered exercises"),
    "registered_notebooks": Text("registered notebooks"),
    "sessions": Text("sessions"),
    "student_notes": Text("instructors' notes"),
    "student_states": Text("where each student is now"),
    "student_views": Text("who looked at a student"),
}
STORE_COLUMNS: Final = (
    Column(Text("Store")),
    Column(Text("Events or rows"), is_number=True),
    Column(Text("Size"), is_number=True),
)


def show(course: AdminCourse | None) -> None:
    """Draw what the stores have of the course, and about the student who is asked for."""
    if course is not None:
        with st.container(border=True, key="admin_of_course"):
            _of_course(course.course_id)
    with st.container(border=True, key="admin_about_student"):
        card_title(*STUDENT)
        if projector.hides(HIDDEN):
            return
        student = st.session_state["admin_student"] = st.query_params.get(ASKED_ABOUT, "")
        st.text_input(str(STUDENT_ID), key="admin_student", on_change=_follow_student)
        if student:
            _about(student)


def _follow_student() -> None:
    put(**{ASKED_ABOUT: st.session_state["admin_student"].strip() or None})


def _of_course(course_id: str) -> None:
    found = session.admin_api().of_course(course_id)
    told = COURSE_NOTE.format(
        events=COUNTED_EVENTS.format(found.events),
        students=COUNTED_STUDENTS.format(found.students),
        begin=when(found.first_event_at),
        end=when(found.last_event_at),
    )
    card_title(COURSE.format(course=course_id), told)
    draw_table(
        "stored-of-course", COURSE.format(course=course_id), STORE_COLUMNS, map(_row, found.stores)
    )


def _about(student: str) -> None:
    found = session.admin_api().about_student(student)
    if not found.courses:
        note(NOBODY.format(student=student))
    for each in found.courses:
        _in_course(each)


def _in_course(each: StoredCourse) -> None:
    title = OF_STUDENT.format(
        course=each.course_id,
        events=COUNTED_EVENTS.format(each.events),
        begin=when(each.first_event_at),
        end=when(each.last_event_at),
    )
    name = NAMED.format(name=each.name) if each.name else ""
    section = IN_SECTION.format(section=each.section) if each.section else ""
    card_title(title, name + section + ENROLLED.format(time=when(each.enrolled_at)))
    draw_table("stored-about-student", title, STORE_COLUMNS, map(_row, each.stores))


def store_name(each: StoredRows) -> str:
    """Say which store it is, and which part of it; a table of another version by its own name."""
    known = (TABLES if each.store == "postgres" else EVENTS).get(
        each.part if each.store == "postgres" else each.store
    )
    part = str(known) if known is not None else each.part.replace("_", " ")
    return STORED.format(store=STORES[each.store], part=part)


def _row(each: StoredRows) -> list[str]:
    return [
        store_name(each),
        str(UNCOUNTED) if each.rows is None else f"{each.rows:,}",
        NEVER if each.size_bytes is None else size(each.size_bytes),
    ]
