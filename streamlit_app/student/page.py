"""The Student page: what one student did, number by number and run by run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

import streamlit as st

from analytics.class_marks.responses import ClassMark
from analytics.responses import AsOf, HistoryEvent, StudentState
from streamlit_app import session
from streamlit_app.api.client import ApiClient
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.language.formats import number
from streamlit_app.language.text import Text
from streamlit_app.page_parts import notices, units
from streamlit_app.page_parts.layout import Number, card_title, choose_in_address, strip
from streamlit_app.page_parts.part import part
from streamlit_app.page_parts.people import called
from streamlit_app.page_parts.wording import NEVER, ago, percent, where
from streamlit_app.student import measures as student_measures
from streamlit_app.student import notes as student_notes
from streamlit_app.student import run_history
from streamlit_app.student import sittings as student_sittings
from streamlit_app.student.jupyter_link import cell_address
from streamlit_app.student.tables import LONG_STREAK, class_table

TITLE: Final = Text("Students")
CHOOSE: Final = Text("Choose a student")
NO_SUCH_STUDENT: Final = Text("There is no student “{student}” in this course. Choose one above.")
LAST_SEEN: Final = (
    Text("last seen"),
    Text("Time since this student last did something"),
    units.AGE,
    units.COUNTED,
)
WHERE: Final = (
    Text("where"),
    Text("Exercise or notebook of the latest run"),
    units.AN_EXERCISE,
    units.LATEST_RUN,
)
RUNS: Final = (
    Text("runs"),
    Text("How often this student ran a cell"),
    units.RUNS,
    units.COUNTED,
)
STREAK: Final = (
    Text("errors in a row"),
    Text("Latest runs that ended in an error, one after the other"),
    units.RUNS,
    units.COUNTED,
)
LOST: Final = (
    Text("lost"),
    Text("Runs of which only the gap they left is known: they never came here"),
    units.RUNS,
    units.COUNTED,
)
EVERYONE: Final = (Text("Class"), Text("a name opens the student"))

SLOWEST_REDRAW_SECONDS: Final = 10


@dataclass(frozen=True)
class StudentNumbers:
    """Everything that the page shows of one student; the newest of the history come first."""

    as_of: AsOf
    state: StudentState | None
    history: Sequence[HistoryEvent]
    has_earlier: bool
    marks: Sequence[ClassMark]


def show() -> None:
    """Draw the page of the student whom the address names."""
    course_id, wanted = st.query_params["course"], st.query_params.get("student")
    answer = session.latest(
        f"{course_id}/students", lambda: session.api().students(course_id)
    ).numbers
    names = called((each.student_id, each.display_name) for each in answer.students)
    by_name = sorted(names, key=lambda student_id: names[student_id].casefold())
    labels = {student_id: _label(student_id, names[student_id]) for student_id in by_name}
    choose_in_address("student", CHOOSE, labels, width=260)
    if wanted in names:
        _student_now(course_id, wanted, names[wanted])
        return
    if wanted is not None:
        notices.sentence(NO_SUCH_STUDENT.format(student=wanted))
    with st.container(border=True, key="choice"):
        card_title(*EVERYONE)
        st.html(class_table(answer.students, course_id, answer.as_of.time))


def _label(student_id: str, name: str) -> str:
    return name if student_id in name else f"{name} ({student_id})"


@part(run_every=SLOWEST_REDRAW_SECONDS)
def _student_now(course_id: str, student_id: str, name: str) -> None:
    """Draw the student's numbers, chart and history as they are now."""
    pages = run_history.pages_shown()
    try:
        latest = session.latest(
            f"{course_id}/student/{student_id}",
            lambda: _ask(session.api(), course_id, student_id, pages),
        )
    except NumbersUnavailableError as error:
        notices.sentence(str(error))
        return
    numbers = latest.numbers
    if numbers.state is not None:
        _strip(numbers.state, numbers.as_of.time)
    notices.old_numbers(latest.apology, numbers.as_of.time)
    student_measures.show(course_id, student_id, name)
    run_history.show_over_time(numbers.history, numbers.marks)
    student_sittings.show(course_id, student_id)
    student_notes.show(course_id, student_id)
    # An alias is nobody's folder, and no address may tell whose it is.
    server = None if session.is_projected() else session.settings().jupyter_url
    run_history.show_every_run(
        numbers.history,
        partial(cell_address, server, student_id),
        has_earlier=numbers.has_earlier,
    )


def _ask(api: ApiClient, course_id: str, student_id: str, pages: int) -> StudentNumbers:
    students = api.students(course_id)
    state = next((each for each in students.students if each.student_id == student_id), None)
    history, has_earlier = run_history.newest_pages(api, course_id, student_id, pages)
    marks = api.class_marks(course_id).marks
    return StudentNumbers(students.as_of, state, history, has_earlier, marks)


def _strip(state: StudentState, now: datetime) -> None:
    is_stuck = state.error_streak >= LONG_STREAK
    numbers = [
        Number(ago(state.last_seen_at, now), *LAST_SEEN),
        Number(where(state.exercise, state.notebook) or NEVER, *WHERE),
        Number(number(state.runs), *RUNS),
        Number(percent(state.error_rate), *units.WITH_ERROR),
        Number(number(state.error_streak), *STREAK, is_alarm=is_stuck),
    ]
    if state.lost_events:
        numbers.append(Number(number(state.lost_events), *LOST, is_alarm=True))
    strip(numbers)
