"""The script that Streamlit runs for each page: who has come, about which course, on which page."""

from typing import Final

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from analytics.responses import Course
from analytics.sign_in.responses import Viewer
from streamlit_app import addresses, session
from streamlit_app.admin import page as admin
from streamlit_app.after_class import page as after_class
from streamlit_app.api.errors import AccessRefusedError, NumbersUnavailableError
from streamlit_app.bar import bar, projector
from streamlit_app.exercise import page as exercise
from streamlit_app.export import page as export
from streamlit_app.first_visit import page as first_visit
from streamlit_app.language.text import Text
from streamlit_app.live import page as live
from streamlit_app.measures import page as measures
from streamlit_app.my_progress import page as my_progress
from streamlit_app.page_parts import notices
from streamlit_app.plan import page as plan
from streamlit_app.replay import page as replay
from streamlit_app.student import page as student

NO_SUCH_COURSE: Final = Text(
    "Your link does not open a course named “{course}”. Choose one above, or ask whoever runs "
    "Cellpulse at your school for it."
)
#: Under which name each page is; the first one is the default.
PAGES: Final = {
    "live": live,
    "replay": replay,
    "exercise": exercise,
    "student": student,
    "measures": measures,
    "after-class": after_class,
    "export": export,
}


def main() -> None:
    """Draw the page that was asked for."""
    addresses.whole_page()
    session.keep_token()
    show()
    addresses.drawn()


def show() -> None:
    """Find out who has come and about which course, and draw that of the pages that one may see."""
    viewer = known_viewer()
    if viewer is not None and viewer.student_id is not None:
        show_own_page(viewer, viewer.student_id)
        return
    pages = [
        st.Page(page.show, title=str(page.TITLE), url_path=name, default=name == "live")
        for name, page in PAGES.items()
    ]
    # One comes to it from the line about the pace, on the Live page.
    of_plan = st.Page(plan.show, title=str(plan.TITLE), url_path="plan")
    for_admins = st.Page(admin.show, title=str(admin.TITLE), url_path="admin")
    page = st.navigation([*pages, of_plan, for_admins], position="hidden")
    head = bar.begin(page.title)
    try:
        courses = session.latest(
            "courses", session.api(session.answers().take).courses
        ).numbers.courses
        viewer = session.viewer()
        if viewer.student_id is not None:  # at first nobody could tell, and now somebody could
            st.rerun()
        pages += [for_admins] * viewer.is_admin
        if courses:
            with head:
                course_id = bar.of_instructor(viewer, pages, page, courses)
            show_about(course_id, courses, page)
            return
        with head:
            bar.before_the_first_course(viewer, pages)
        if viewer.is_admin and page.url_path == for_admins.url_path:
            page.run()  # there an admin may make the first course by hand
        else:
            first_visit.show(viewer)
    except NumbersUnavailableError as error:
        if page.url_path == for_admins.url_path and not isinstance(error, AccessRefusedError):
            page.run()  # it says which part does not answer
        else:
            notices.sentence(str(error))
        notices.keep_trying()


def known_viewer() -> Viewer | None:
    """Return who has come; None while nobody can tell, and then no page gets numbers either."""
    try:
        return session.viewer()
    except NumbersUnavailableError:
        return None


def show_about(course_id: str, courses: list[Course], page: StreamlitPage) -> None:
    """Draw a page about a course, in the course's time zone.

    Raises:
        NumbersUnavailableError: The page can have no numbers.
    """
    shown = next((course for course in courses if course.course_id == course_id), None)
    session.keep_course_zone(None if shown is None else shown.time_zone)
    session.keep_pseudonymous(is_so=shown is not None and shown.pseudonymous)
    if shown is None:
        notices.sentence(NO_SUCH_COURSE.format(course=course_id))
        return
    projector.hide_name_in_address(course_id)
    page.run()


def show_own_page(viewer: Viewer, student_id: str) -> None:
    """Draw a student's own page; a student has no other one."""
    page = st.navigation(
        [st.Page(lambda: None, title=str(my_progress.TITLE), url_path="me")], position="hidden"
    )
    for instructors_own in addresses.kept():  # in a link that an instructor sent
        del st.query_params[instructors_own]
    course_id = st.query_params.get("course") or (viewer.courses or [""])[0]
    with bar.begin(page.title):
        bar.of_student(viewer, student_id, course_id)
    my_progress.show(course_id, student_id)


if __name__ == "__main__":
    main()
