"""The Admin page: courses, enrolment, registration, accounts, tokens, what is stored, health."""

from pathlib import Path
from typing import Final

import streamlit as st

from analytics.admin.course_responses import AdminCourse
from streamlit_app import (
    admin_accounts,
    admin_courses,
    admin_enrolment,
    admin_health,
    admin_log,
    admin_registration,
    admin_stored,
    admin_tokens,
    notices,
    session,
)
from streamlit_app.admin_client import ChangeRefusedError
from streamlit_app.admin_frame import told
from streamlit_app.api_client import NumbersUnavailableError
from streamlit_app.language.text import Text

TITLE: Final = Text("Admin")
PART: Final = Text("Part of the page")
#: Part of the page, as the address names it → its name.
PARTS: Final = {
    "courses": Text("Courses"),
    "enrolment": Text("Enrolment"),
    "registration": Text("Registration"),
    "accounts": Text("Accounts"),
    "tokens": Text("Tokens"),
    "stored": Text("What is stored"),
    "health": Text("Health"),
}
CHOOSE: Final = Text("Choose a course above, or make one under Courses.")
_STYLE: Final = (Path(__file__).parent / "admin.css").read_text("utf-8")


def show() -> None:
    """Draw the part that the address names, and at the end who changed what."""
    st.html(f"<style>{_STYLE}</style>")
    try:
        courses = session.admin_api().courses().courses
        part = _choose_part()
        told()
        _draw(part, courses)
        admin_log.show()
    except (ChangeRefusedError, NumbersUnavailableError) as error:
        notices.sentence(str(error))


def _choose_part() -> str:
    """Offer the parts; the choice stands in the address, beside the course."""
    wanted = st.query_params.get("part")
    part = wanted if wanted in PARTS else next(iter(PARTS))
    st.session_state["part"] = part
    st.segmented_control(
        str(PART),
        list(PARTS),
        key="part",
        required=True,
        format_func=lambda each: str(PARTS[each]),
        label_visibility="collapsed",
        on_change=_follow_choice,
    )
    return part


def _follow_choice() -> None:
    st.query_params["part"] = st.session_state["part"]


def _draw(part: str, courses: list[AdminCourse]) -> None:
    wanted = st.query_params.get("course")
    course = next((each for each in courses if each.course_id == wanted), None)
    if part == "courses":
        admin_courses.show(courses, course)
    elif part == "accounts":
        admin_accounts.show(courses)
    elif part == "tokens":
        admin_tokens.show(course)
    elif part == "stored":
        admin_stored.show(course)
    elif part == "health":
        admin_health.show()
    elif course is None:
        notices.sentence(CHOOSE)
    elif part == "enrolment":
        admin_enrolment.show(course)
    else:
        admin_registration.show(course)
