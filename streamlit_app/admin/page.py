"""The Admin page: courses, enrolment, registration, accounts, tokens, what is stored, health."""

from pathlib import Path
from typing import Final

import streamlit as st

from analytics.admin.course_responses import AdminCourse
from streamlit_app import session
from streamlit_app.addresses import ASKED_ABOUT, put
from streamlit_app.admin import accounts as admin_accounts
from streamlit_app.admin import courses as admin_courses
from streamlit_app.admin import enrolment as admin_enrolment
from streamlit_app.admin import health as admin_health
from streamlit_app.admin import log as admin_log
from streamlit_app.admin import registration as admin_registration
from streamlit_app.admin import stored as admin_stored
from streamlit_app.admin import tokens as admin_tokens
from streamlit_app.admin.frame import told
from streamlit_app.api.admin_client import ChangeRefusedError
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.language.text import Text
from streamlit_app.page_parts import notices

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
_STYLE: Final = (Path(__file__).parent / "page.css").read_text("utf-8")


def show() -> None:
    """Draw the part that the address names, and at the end who changed what."""
    st.html(f"<style>{_STYLE}</style>")
    part = _choose_part()
    told()
    try:
        if part == "health":  # it has something to say while nothing else can be asked
            admin_health.show()
        else:
            _draw(part, session.admin_api().courses().courses)
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
    put(**{"part": st.session_state["part"], ASKED_ABOUT: None})


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
    elif course is None:
        notices.sentence(CHOOSE)
    elif part == "enrolment":
        admin_enrolment.show(course)
    else:
        admin_registration.show(course)
