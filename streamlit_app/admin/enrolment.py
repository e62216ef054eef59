"""Enrolment on the Admin page: a roster is looked at, line by line, and then enrolled."""

from functools import partial
from typing import Final, get_args

import streamlit as st

from analytics.admin.course_responses import AdminCourse
from analytics.admin.enrolment_responses import Encoding, Enrolment, RosterStudent
from streamlit_app import session
from streamlit_app.admin.frame import CHOOSE, attempt, digest, draw_table, note
from streamlit_app.api.admin_client import ChangeRefusedError
from streamlit_app.api.admin_words import fault_in_words
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.bar import projector
from streamlit_app.language.text import Text
from streamlit_app.page_parts import notices
from streamlit_app.page_parts.layout import Number, card_title, strip
from streamlit_app.page_parts.tables import Column

CARD: Final = Text("Enrol students in {course}")
HIDDEN: Final = Text("Names are hidden now, and a roster would show them.")
FORMAT: Final = Text(
    "A CSV file. Its first line names the columns: student_id, as the events have it, and if you "
    "like name, section and seat. Nobody is removed: who is not in the file stays as they are."
)
FILE: Final = Text("CSV file with the students")
ENCODING: Final = Text("Encoding of its text")
LOOKING: Final = Text("Reading the file…")
ENROL: Final = Text("Enrol {count}")
NOTHING_TO_DO: Final = Text("Everybody in the file is enrolled as it says.")
ENROLLING: Final = Text("Enrolling…")
ENROLLED: Final = Text("{new} enrolled, {changed} changed in {course}.")
FAULTS: Final = (Text("Lines to mend"), Text("nobody is enrolled while there is one"))
STUDENTS: Final = (Text("What changes"), Text("the first {shown} of {all}"))
NEW: Final = (Text("new"), Text("Students who were not in the course"))
CHANGED: Final = (Text("changed"), Text("Students with another name, section or seat than before"))
UNCHANGED: Final = (Text("as they were"), Text("Students who are in the course as the file says"))
OTHERS: Final = (Text("not in the file"), Text("Students of the course who stay as they are"))
BAD_LINES: Final = (
    Text("lines to mend"),
    Text("Lines of the file that can't be taken as they are"),
)
UNREAD: Final = Text("Columns that were not read: {columns}.")
NEW_COURSE: Final = Text("Nothing was known of this course before: is it the right one?")
CHANGE_WORDS: Final = {"new": Text("new"), "changed": Text("changed")}
WAS: Final = Text("{now} (was {before})")
NONE: Final = Text("none")
FAULT_COLUMNS: Final = (
    Column(Text("Line"), is_number=True),
    Column(Text("What is wrong, and what to do")),
)
STUDENT_COLUMNS: Final = (
    Column(Text("Student")),
    Column(Text("What happens")),
    Column(Text("Name")),
    Column(Text("Section")),
    Column(Text("Seat")),
)
_ROUND: Final = "admin_roster_round"


def show(course: AdminCourse) -> None:
    """Draw the upload, what it would change and what is wrong with it, and the button."""
    turn = st.session_state.setdefault(_ROUND, 0)  # another key empties the upload
    with st.container(border=True, key="admin_enrolment"):
        card_title(CARD.format(course=course.course_id))
        if projector.hides(HIDDEN):
            return
        note(FORMAT)
        left, right = st.columns([3, 1], gap="small")
        key = f"roster/{course.course_id}/{turn}"  # the roster of one course is no other's
        sent = left.file_uploader(str(FILE), type=["csv", "txt"], key=key)
        encoding = right.selectbox(
            str(ENCODING), get_args(Encoding), key="roster_encoding", placeholder=str(CHOOSE)
        )
        if sent is None:
            return
        roster = sent.getvalue()
        try:
            with st.spinner(str(LOOKING)):
                found = session.admin_api().preview_roster(course.course_id, roster, encoding)
        except (ChangeRefusedError, NumbersUnavailableError) as error:
            notices.sentence(str(error))
            return
        _preview(found)
        count = found.new + found.changed
        if found.fault_count:
            return
        key = f"enroll/{course.course_id}/{digest(found)}"
        if not count:
            note(NOTHING_TO_DO)
        elif st.button(ENROL.format(count=count), type="primary", key=key):
            with st.spinner(str(ENROLLING)):
                made = attempt(partial(_enroll, course.course_id, roster, encoding))
            st.session_state[_ROUND] += made
            st.rerun()


def _preview(found: Enrolment) -> None:
    strip(
        [
            Number(str(found.new), *NEW),
            Number(str(found.changed), *CHANGED),
            Number(str(found.unchanged), *UNCHANGED),
            Number(str(found.others), *OTHERS),
            Number(str(found.fault_count), *BAD_LINES, is_alarm=bool(found.fault_count)),
        ]
    )
    if found.is_new_course:
        note(NEW_COURSE)
    if found.unread:
        note(UNREAD.format(columns=", ".join(found.unread)))
    if found.fault_count:
        card_title(*FAULTS)
        rows = [(str(each.line or ""), fault_in_words(each.reason)) for each in found.faults]
        draw_table("roster-faults", FAULTS[0], FAULT_COLUMNS, rows)
    if found.students:
        title, shown = STUDENTS
        everybody = found.new + found.changed
        card_title(title, shown.format(shown=len(found.students), all=everybody))
        draw_table("roster-students", title, STUDENT_COLUMNS, map(_row, found.students))


def _row(student: RosterStudent) -> list[str]:
    return [
        student.student_id,
        str(CHANGE_WORDS[student.change]),
        _now_and_before(student.name, student.name_before, student.change),
        _now_and_before(student.section, student.section_before, student.change),
        _now_and_before(student.seat, student.seat_before, student.change),
    ]


def _now_and_before(now: str | None, before: str | None, change: str) -> str:
    if change == "new" or now == before:
        return now or ""
    return WAS.format(now=now or str(NONE), before=before or str(NONE))


def _enroll(course_id: str, roster: bytes, encoding: str) -> str:
    made = session.admin_api().enroll(course_id, roster, encoding)
    return ENROLLED.format(new=made.new, changed=made.changed, course=course_id)
