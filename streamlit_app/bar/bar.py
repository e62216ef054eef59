"""The bar at the head of every page: the pages, the course and its section, and who looks."""

from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import StreamlitPage

from analytics.responses import Course
from analytics.sign_in.responses import Viewer
from streamlit_app import addresses, session
from streamlit_app.bar import projector
from streamlit_app.language.bar import languages, tell_browser
from streamlit_app.language.text import Text
from streamlit_app.page_parts.palette import css_variables
from streamlit_app.sign_in.pages import SIGN_OUT

BRAND: Final = "Cellpulse"
MARK: Final = (
    '<span class="cp-brand"><span aria-hidden="true">◉</span> '
    f'<span class="cp-brand-name">{BRAND}</span></span>'
)
CHOOSE_COURSE: Final = Text("Course")
CHOOSE_SECTION: Final = Text("Section")
SECTION: Final = Text("Section {section}")
WHOLE_COURSE: Final = Text("Whole course")
SIGN_OUT_LABEL: Final = Text("Sign out")
ICON: Final = Path(__file__).parent / "mark.svg"
_MARK_LINK: Final = Template((Path(__file__).parent / "mark_link.js").read_text("utf-8"))
STYLE: Final = (Path(__file__).parents[1] / "page_parts" / "style.css").read_text("utf-8")


def begin(title: str) -> DeltaGenerator:
    """Give the page its title, its style and the bar with the brand; return the bar."""
    st.set_page_config(page_title=f"{title} · {BRAND}", page_icon=ICON, layout="wide")
    st.html(f"<style>{css_variables()}{STYLE}</style>")
    tell_browser()
    bar = st.container(key="bar", horizontal=True, vertical_alignment="center")
    bar.html(MARK, width="content")
    return bar


def of_instructor(
    viewer: Viewer, pages: Sequence[StreamlitPage], here: StreamlitPage, courses: list[Course]
) -> str:
    """Draw what an instructor has in the bar; return the course that the page is about.

    Without a course in the address it is the one where something happened last.

    Args:
        viewer: Who looks.
        pages: Those that are one click away.
        here: The one that is drawn; it need not be one of them.
        courses: Those that the viewer may see.

    Raises:
        NumbersUnavailableError: The API does not say which sections the viewer may see.
    """
    course_id = _choose_course(courses, pages, here)
    known = next((each.sections for each in courses if each.course_id == course_id), [])
    _choose_section(course_id, session.own_sections(course_id), known)
    projector.switch(course_id)
    way_out(viewer)
    return course_id


def before_the_first_course(viewer: Viewer, pages: Sequence[StreamlitPage]) -> None:
    """Draw the bar while there is no course: only an admin has use for the pages."""
    if viewer.is_admin:
        for each in pages:
            st.page_link(each)
    way_out(viewer)


def of_student(viewer: Viewer, student_id: str, course_id: str) -> None:
    """Draw what a student has in the bar: no other page, and no other course."""
    who = f"{escape(student_id)} · {escape(course_id)}"
    st.html(f'<span class="cp-viewer">{who}</span>', width="content")
    way_out(viewer)


def _choose_course(
    courses: list[Course], pages: Sequence[StreamlitPage], here: StreamlitPage
) -> str:
    titles = titles_of(courses)
    wanted = st.query_params.get("course")
    if wanted is None:
        wanted = max(courses, key=_last_event).course_id
        st.query_params["course"] = wanted
    with st.container(key="pages", horizontal=True, width="content"):
        for page in pages:
            st.page_link(page, query_params={**addresses.kept(), "course": wanted})
        _mark([page.url_path for page in pages], here.url_path)
    st.session_state["course"] = wanted if wanted in titles else None
    st.selectbox(
        str(CHOOSE_COURSE),
        list(titles),
        key="course",
        format_func=titles.__getitem__,
        placeholder=str(CHOOSE_COURSE),
        label_visibility="collapsed",
        on_change=_follow_choice,
        width=260,
    )
    return wanted


def _mark(pages: Sequence[str], here: str) -> None:
    """Tell screen readers which link is the page's own, and bring it into sight on a phone."""
    place = pages.index(here) if here in pages else -1
    script = _MARK_LINK.substitute(place=place, count=len(pages))
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True, width="content")


def _choose_section(course_id: str, own: Sequence[str], known: Sequence[str]) -> None:
    """Say which section the page is about, and have one chosen where there are several to see.

    Whoever may see only sections sees the first of them where the address names none of these.

    Args:
        course_id: The course.
        own: The sections that alone the viewer may see; none for all of the course.
        known: The sections that the course has.
    """
    if own and session.section() not in own:
        st.query_params[addresses.SECTION] = own[0]
        st.rerun()  # the links to the pages have to carry it as well
    section = session.section()
    choices = own or ["", *known]
    if len(choices) > 1 and (section or "") in choices:
        st.session_state[addresses.SECTION] = section or ""
        st.selectbox(
            str(CHOOSE_SECTION),
            choices,
            key=addresses.SECTION,
            format_func=lambda each: SECTION.format(section=each) if each else str(WHOLE_COURSE),
            label_visibility="collapsed",
            on_change=_follow_section,
            width=160,
        )
        return
    if section is None:
        return
    query = urlencode({"course": course_id, **addresses.kept(but=addresses.SECTION)})
    whole = "" if own else f' <a href="?{query}" target="_self">{WHOLE_COURSE}</a>'
    name = escape(SECTION.format(section=section))
    st.html(f'<span class="cp-viewer" data-testid="section">{name}{whole}</span>', width="content")


def way_out(viewer: Viewer) -> None:
    """Offer the languages, say who has signed in, and offer to sign out.

    Whoever came by a link has no need to sign out.
    """
    languages()
    if viewer.account or viewer.expires_at:
        account = f'<span class="cp-account">{escape(viewer.account or "")}</span>'
        st.html(
            f'<span class="cp-viewer">{account} '
            f'<a href="{SIGN_OUT}" target="_self" class="cp-sign-out">'
            f"<span>{SIGN_OUT_LABEL}</span></a></span>",
            width="content",
        )


def titles_of(courses: list[Course]) -> dict[str, str]:
    """Return each course's title by its id; where several have the same one, with the id.

    A choice is made by its text, so no two may be the same.
    """
    times = Counter(course.title for course in courses)
    return {
        course.course_id: course.title
        if times[course.title] == 1
        else f"{course.title} ({course.course_id})"
        for course in courses
    }


def _follow_choice() -> None:
    """Put the chosen course into the address, so that reload, back and bookmarks keep it."""
    # Another course has other sections; the part of the admin's page stays.
    addresses.put(**{addresses.SECTION: None})
    part = {"part": st.query_params["part"]} if "part" in st.query_params else {}
    addresses.go_on_with(course=st.session_state["course"], **part)


def _follow_section() -> None:
    """Put the chosen section into the address, on whichever page."""
    addresses.put(**{addresses.SECTION: st.session_state[addresses.SECTION] or None})


def _last_event(course: Course) -> float:
    return course.last_event_at.timestamp() if course.last_event_at else 0.0
