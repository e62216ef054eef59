"""The script that Streamlit runs for each page: the frame around the pages, and the way in."""

from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import StreamlitPage

from analytics.responses import Course
from analytics.sign_in_responses import Viewer
from streamlit_app import (
    addresses,
    admin,
    after_class,
    exercise,
    export,
    first_visit,
    live,
    measures,
    my_progress,
    notices,
    projector,
    replay,
    session,
    student,
)
from streamlit_app.api_client import NumbersUnavailableError
from streamlit_app.language.bar import languages, tell_browser
from streamlit_app.language.text import Text
from streamlit_app.palette import css_variables
from streamlit_app.sign_in import SIGN_OUT

BRAND = "Cellpulse"
MARK = f'<span class="cp-brand"><span aria-hidden="true">◉</span> {BRAND}</span>'
CHOOSE_COURSE = Text("Course")
CHOOSE_SECTION = Text("Section")
SECTION = Text("Section {section}")
WHOLE_COURSE = Text("Whole course")
NO_SUCH_COURSE = Text("Your link does not open a course named “{course}”. Choose one above.")
SIGN_OUT_LABEL = Text("Sign out")
_ADMIN = "admin"
ICON = Path(__file__).parent / "mark.svg"
STYLE = (Path(__file__).parent / "style.css").read_text("utf-8")


def main() -> None:
    """Draw the bar with the pages and the courses, then the page that was asked for."""
    viewer = known_viewer()
    if viewer is not None and viewer.student_id is not None:
        show_own_page(viewer, viewer.student_id)
        return
    pages = [
        st.Page(live.show, title=str(live.TITLE), url_path="live", default=True),
        st.Page(replay.show, title=str(replay.TITLE), url_path="replay"),
        st.Page(exercise.show, title=str(exercise.TITLE), url_path="exercise"),
        st.Page(student.show, title=str(student.TITLE), url_path="student"),
        st.Page(measures.show, title=str(measures.TITLE), url_path="measures"),
        st.Page(after_class.show, title=str(after_class.TITLE), url_path="after-class"),
        st.Page(export.show, title=str(export.TITLE), url_path="export"),
    ]
    for_admins = st.Page(admin.show, title=str(admin.TITLE), url_path=_ADMIN)
    page = st.navigation([*pages, for_admins], position="hidden")
    bar = frame(page.title)
    try:
        courses = session.latest("courses", session.api().courses).numbers.courses
        viewer = session.viewer()
        pages += [for_admins] * viewer.is_admin
        if not courses:
            _without_courses(page, viewer, bar, pages)
            return
        with bar:
            wanted = choose_course(courses, pages)
            choose_section(wanted, session.own_sections(wanted))
            projector.switch(wanted)
            languages()
            way_out(viewer)
        zones = {course.course_id: course.time_zone for course in courses}
        session.keep_course_zone(zones.get(wanted))
        if wanted in zones:
            projector.hide_name_in_address(wanted)
            page.run()
        else:
            notices.sentence(NO_SUCH_COURSE.format(course=wanted))
    except NumbersUnavailableError as error:
        notices.sentence(str(error))
        notices.keep_trying()


def _without_courses(
    page: StreamlitPage, viewer: Viewer, bar: DeltaGenerator, pages: list[StreamlitPage]
) -> None:
    """Say what to do before the first course; an admin may also make one by hand."""
    if not viewer.is_admin:
        first_visit.show()
        return
    with bar:
        for each in pages:
            st.page_link(each)
        languages()
        way_out(viewer)
    if page.url_path == _ADMIN:
        page.run()
    else:
        first_visit.show()


def choose_course(courses: list[Course], pages: list[st.Page]) -> str:
    """Offer the pages and the courses; return the course that the address names.

    Without a course in the address it is the one where something happened last.
    """
    titles = titles_of(courses)
    wanted = st.query_params.get("course")
    if wanted is None:
        wanted = max(courses, key=_last_event).course_id
        st.query_params["course"] = wanted
    for page in pages:
        st.page_link(page, query_params={**addresses.kept(), "course": wanted})
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


def choose_section(course_id: str, own: Sequence[str]) -> None:
    """Say which section the page is about, and have one chosen where the viewer may see several.

    Whoever may see only sections sees the first of them where the address names none of these.

    Args:
        course_id: The course.
        own: The sections that alone the viewer may see; none for all of the course.
    """
    if own and session.section() not in own:
        st.query_params[addresses.SECTION] = own[0]
        st.rerun()  # the links to the pages have to carry it as well
    section = session.section()
    if section is None:
        return
    if len(own) > 1:
        st.session_state[addresses.SECTION] = section
        st.selectbox(
            str(CHOOSE_SECTION),
            own,
            key=addresses.SECTION,
            format_func=lambda each: SECTION.format(section=each),
            label_visibility="collapsed",
            on_change=_follow_section,
            width=160,
        )
        return
    query = urlencode({"course": course_id, **addresses.kept(but=addresses.SECTION)})
    whole = "" if own else f' <a href="?{query}" target="_self">{WHOLE_COURSE}</a>'
    name = escape(SECTION.format(section=section))
    st.html(f'<span class="cp-viewer" data-testid="section">{name}{whole}</span>', width="content")


def frame(title: str) -> DeltaGenerator:
    """Give the page its title, its style and the bar with the brand; return the bar."""
    st.set_page_config(page_title=f"{title} · {BRAND}", page_icon=ICON, layout="wide")
    st.html(f"<style>{css_variables()}{STYLE}</style>")
    tell_browser()
    bar = st.container(key="bar", horizontal=True, vertical_alignment="center")
    bar.html(MARK, width="content")
    return bar


def known_viewer() -> Viewer | None:
    """Return who has come; None while nobody can tell, and then no page gets numbers either."""
    try:
        return session.viewer()
    except NumbersUnavailableError:
        return None


def show_own_page(viewer: Viewer, student_id: str) -> None:
    """Draw a student's own page; a student has no other one."""
    page = st.navigation(
        [st.Page(lambda: None, title=str(my_progress.TITLE), url_path="me")], position="hidden"
    )
    for instructors_own in addresses.kept():  # in a link that an instructor sent
        del st.query_params[instructors_own]
    course_id = st.query_params.get("course") or (viewer.courses or [""])[0]
    with frame(page.title):
        st.html(
            f'<span class="cp-viewer">{escape(student_id)} · {escape(course_id)}</span>',
            width="content",
        )
        languages()
        way_out(viewer)
    my_progress.show(course_id, student_id)


def way_out(viewer: Viewer) -> None:
    """Say who has signed in, and offer to sign out; whoever came by a link has no need to."""
    if viewer.account or viewer.expires_at:
        st.html(
            f'<span class="cp-viewer">{escape(viewer.account or "")} '
            f'<a href="{SIGN_OUT}" target="_self">{SIGN_OUT_LABEL}</a></span>',
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
    st.query_params.pop(addresses.SECTION, None)
    part = {"part": st.query_params["part"]} if "part" in st.query_params else {}
    addresses.go_on_with(course=st.session_state["course"], **part)


def _follow_section() -> None:
    st.query_params[addresses.SECTION] = st.session_state[addresses.SECTION]


def _last_event(course: Course) -> float:
    return course.last_event_at.timestamp() if course.last_event_at else 0.0


if __name__ == "__main__":
    main()
