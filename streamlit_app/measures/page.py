"""The Measures page: one measure's numbers, what they mean, and the runs behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Final

import altair as alt
import streamlit as st

from analytics.measures.responses import MeasureRow, MeasureRows
from analytics.responses import CourseEvent
from streamlit_app import session
from streamlit_app.addresses import address
from streamlit_app.api.client import ApiClient
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.api.measures import MeasureQuery
from streamlit_app.language.text import Text
from streamlit_app.measures.charts import by_exercise, spread, spread_by_exercise, values_frame
from streamlit_app.measures.choice import Choice, Known, choose
from streamlit_app.measures.facts import interval
from streamlit_app.measures.tables import about, columns_table, runs_table, values_table
from streamlit_app.measures.wording import (
    as_of,
    exercise_name,
    measured,
    shown_unit,
    title_of,
)
from streamlit_app.page_parts import charts, notices
from streamlit_app.page_parts.frames import history_frame, on_the_wall
from streamlit_app.page_parts.layout import Number, card_title, strip
from streamlit_app.page_parts.palette import EITHER, Palette
from streamlit_app.page_parts.part import part
from streamlit_app.page_parts.people import called

TITLE: Final = Text("Measures")
ABOUT: Final = (Text("What it means"), Text("from its definition"))
OF_CLASS: Final = Text("class · {unit}")
OF_STUDENT: Final = Text("{student} · {unit}")
OF_EXERCISE: Final = Text("{exercise} · {unit}")
OF_BOTH: Final = Text("{student}, {exercise} · {unit}")
OPENS: Final = Text("a name opens the runs behind its number")
SPREAD_NOTE: Final = Text("A mark is a student; half of them are at or below the diamond.")
NO_CHART: Final = Text("Not enough data for a chart.")
NOTHING_YET: Final = Text("Nobody has run anything here yet.")
NARROW: Final = Text("Choose a student or an exercise above to see the runs behind the number.")
RUNS: Final = Text("{shown} of {all} runs and check results, the newest")
MORE_ROWS: Final = Text("The first {shown} of {all} rows. Choose a student or an exercise above.")
STUDENTS_PAGE: Final = Text("All that {student} did")
EXERCISE_PAGE: Final = Text("Exercise {exercise}")
ALL_ROWS: Final = Text("Back to all rows")
ALT: Final = Text("{title}: {shape}. The table below has the numbers.")
SHAPES: Final = {
    "course": Text("how many students have which value"),
    "student": Text("how many students have which value"),
    "exercise": Text("a bar for each exercise"),
    "student_exercise": Text("a mark for each student, in a row for each exercise"),
    "run": Text("a mark for each run, over time"),
}

#: The numbers are computed anew at the latest after this, in seconds: each costs a read of the log.
SLOWEST_REDRAW_SECONDS: Final = 30
#: Runs that are listed, at most.
RUNS_SHOWN: Final = 200
#: Rows of the table, at most.
ROWS_SHOWN: Final = 600
_PAGE: Final = 500


@dataclass(frozen=True)
class MeasureNumbers:
    """Everything that the page shows of one choice.

    Args:
        of_class: The class's number.
        of_focus: That of the student, the exercise or both that were chosen; None without.
        rows: The rows of the choice; of the students where it is the class.
        events: The runs behind the number, newest first; only by run.
    """

    of_class: MeasureRows
    of_focus: MeasureRows | None
    rows: MeasureRows
    events: Sequence[CourseEvent]


def show() -> None:
    """Draw the page of the course, the measure and the rows that the address names."""
    course_id = st.query_params["course"]
    known = session.latest(f"{course_id}/known", partial(_ask_known, session.api(), course_id))
    choice = choose(known.numbers)
    if choice is None:
        return
    if choice.by == "run" and choice.student is None and choice.exercise is None:
        notices.sentence(NARROW)
        return
    _numbers_now(course_id, choice, known.numbers)


def _ask_known(api: ApiClient, course_id: str) -> Known:
    exercises = api.exercises(course_id).exercises
    students = api.students(course_id).students
    names = called((each.student_id, each.display_name) for each in students)
    return Known(
        api.measures().measures,
        [each.exercise for each in exercises],
        dict(sorted(names.items(), key=lambda item: item[1].casefold())),
        api.courses().courses,
    )


@part(run_every=SLOWEST_REDRAW_SECONDS)
def _numbers_now(course_id: str, choice: Choice, known: Known) -> None:
    """Draw the numbers as they are now, and beside them what they mean."""
    name = f"{course_id}/measure/{choice.address()}"
    try:
        latest = session.latest(name, partial(ask, session.api(), course_id, choice))
    except NumbersUnavailableError as error:
        notices.sentence(str(error))
        return
    numbers = latest.numbers
    strip(_strip(numbers, choice, known))
    notices.old_numbers(latest.apology, numbers.rows.as_of.time)
    left, right = st.columns([5, 3], gap="small")
    with left.container(border=True, key="measure"):
        opens = "" if choice.by in ("course", "run") else f" · {OPENS}"
        card_title(title_of(choice.definition), as_of(numbers.rows.as_of.time) + opens)
        if choice.by == "run":
            _runs(numbers, choice, course_id, known)
        else:
            _values(numbers, choice, course_id, known)
    with right.container(border=True, key="about"):
        card_title(*ABOUT)
        st.html(about(choice.definition))


def ask(api: ApiClient, course_id: str, choice: Choice) -> MeasureNumbers:
    """Ask for the numbers of a choice.

    Raises:
        NumbersUnavailableError: They can't be had.
    """

    def rows(by: str, student: str | None = None, exercise: str | None = None) -> MeasureRows:
        query = MeasureQuery(by, student, exercise, choice.own)
        return api.measure(course_id, choice.definition.name, query)

    student, exercise = choice.student, choice.exercise
    of_class = rows("course")
    of_focus = None
    if student is not None or exercise is not None:
        of_focus = rows(_grain(student, exercise), student, exercise)
    if choice.by == "course":
        found = rows("student") if exercise is None else rows("student_exercise", None, exercise)
    elif choice.by == "run":
        found = rows("run", student, exercise)
        return MeasureNumbers(of_class, of_focus, found, _behind(api, course_id, choice, found))
    else:
        crossed = exercise if choice.by == "student" else student
        is_one = choice.by in ("student", "exercise") and crossed is not None
        found = rows("student_exercise" if is_one else choice.by, student, exercise)
    return MeasureNumbers(of_class, of_focus, found, ())


def _grain(student: str | None, exercise: str | None) -> str:
    """Return what one number of a student, an exercise or both is asked by."""
    if student is None:
        return "exercise"
    return "student" if exercise is None else "student_exercise"


def _behind(
    api: ApiClient, course_id: str, choice: Choice, found: MeasureRows
) -> list[CourseEvent]:
    """Return the newest runs and check results of a measure's rows by run."""
    positions = sorted((row.position or "0-0" for row in found.rows), key=_order, reverse=True)
    wanted = set(positions[:RUNS_SHOWN])
    events: list[CourseEvent] = []
    before = None
    while len(events) < len(wanted):
        page = api.events(
            course_id,
            limit=_PAGE,
            before=before,
            student=choice.student,
            exercise=choice.exercise,
        )
        events += [event for event in page.events if event.position in wanted]
        before = page.next_before
        if before is None:
            break
    return events


def _order(position: str) -> tuple[int, ...]:
    return tuple(map(int, position.split("-")))


def _strip(numbers: MeasureNumbers, choice: Choice, known: Known) -> list[Number]:
    """Return the class's number, and that of the student or exercise that was chosen."""
    unit = shown_unit(choice.definition.unit)
    drawn = [_number(numbers.of_class, OF_CLASS.format(unit=unit), choice)]
    if numbers.of_focus is not None:
        label = OF_EXERCISE if choice.student is None else OF_STUDENT
        if choice.student is not None and choice.exercise is not None:
            label = OF_BOTH
        exercise = exercise_name(choice.exercise)
        student = known.students.get(choice.student or "", "")
        said = label.format(student=student, exercise=exercise, unit=unit)
        drawn.append(_number(numbers.of_focus, said, choice))
    return drawn


def _number(rows: MeasureRows, label: str, choice: Choice) -> Number:
    unit = choice.definition.unit
    row = rows.rows[0] if rows.rows else MeasureRow()
    ends = interval(row, unit)
    about = choice.definition
    meant = (Text(about.meaning), Text(unit), about.source)
    return Number(measured(row.value, unit), label, *meant, of=ends)


def _values(numbers: MeasureNumbers, choice: Choice, course_id: str, known: Known) -> None:
    """Draw the rows as a chart and as a table."""
    rows = ordered(numbers.rows.rows, known.exercises)
    chart = _chart(rows, choice, known, EITHER)
    if chart is None:
        st.html(f'<p class="cp-muted">{NO_CHART if rows else NOTHING_YET}</p>')
    else:
        alt_text = ALT.format(title=title_of(choice.definition), shape=SHAPES[choice.by])
        st.altair_chart(chart, key="measure_chart", alt=alt_text)
        if choice.by == "student_exercise" and choice.student is None:
            st.html(f'<p class="cp-muted cp-small">{SPREAD_NOTE}</p>')
    if choice.by == "course":
        st.html(columns_table(numbers.of_class.rows[0], choice.definition))
    elif rows:
        st.html(values_table(rows[:ROWS_SHOWN], known.students, choice, course_id))
        if len(rows) > ROWS_SHOWN:
            said = MORE_ROWS.format(shown=ROWS_SHOWN, all=len(rows))
            st.html(f'<p class="cp-muted">{said}</p>')


def _chart(
    rows: Sequence[MeasureRow], choice: Choice, known: Known, colours: Palette
) -> alt.Chart | alt.LayerChart | None:
    unit = choice.definition.unit
    values = values_frame(rows, unit, known.students)
    if values.empty:
        return None
    if choice.by == "exercise" or (choice.by == "student_exercise" and choice.student is not None):
        return by_exercise(values, unit, colours)
    if choice.by == "student_exercise":
        return spread_by_exercise(values, known.exercises, unit, colours)
    return spread(values, unit, colours)


def ordered(rows: Sequence[MeasureRow], exercises: Sequence[str]) -> list[MeasureRow]:
    """Return rows in the order of the students, and in that of the course's exercises."""
    students = {each: place for place, each in enumerate(dict.fromkeys(r.student_id for r in rows))}
    places = {exercise: place for place, exercise in enumerate(exercises)}
    last = len(places)
    return sorted(
        rows, key=lambda row: (students[row.student_id], places.get(row.exercise or "", last))
    )


def _runs(numbers: MeasureNumbers, choice: Choice, course_id: str, known: Known) -> None:
    """Draw the runs behind the number, over time and as a table."""
    st.html(_ways(choice, course_id, known))
    if not numbers.events:
        st.html(f'<p class="cp-muted">{NOTHING_YET}</p>')
        return
    runs = on_the_wall(history_frame(numbers.events), session.local_zone())
    chart = charts.student_runs(runs, EITHER)
    alt_text = ALT.format(title=title_of(choice.definition), shape=SHAPES["run"])
    st.altair_chart(chart, key="measure_chart", alt=alt_text)
    said = RUNS.format(shown=len(numbers.events), all=len(numbers.rows.rows))
    st.html(f'<p class="cp-muted cp-small">{said}</p>')
    values = {row.position or "": row.value for row in numbers.rows.rows}
    st.html(runs_table(numbers.events, known.students, values, choice, course_id))


def _ways(choice: Choice, course_id: str, known: Known) -> str:
    """Return the links from the runs to where one may go on."""
    by = "student" if choice.student is not None else "exercise"
    back = choice.address(by=by, student=None, exercise=None)
    links = [(address("measures", course=course_id, **back), str(ALL_ROWS))]
    if choice.student is not None:
        said = STUDENTS_PAGE.format(student=known.students[choice.student])
        links.append((address("student", course=course_id, student=choice.student), said))
    if choice.exercise:
        said = EXERCISE_PAGE.format(exercise=choice.exercise)
        links.append((address("exercise", course=course_id, exercise=choice.exercise), said))
    written = "".join(f'<a href="{link}">{escape(said)}</a>' for link, said in links)
    return f'<nav class="cp-ways" data-testid="ways">{written}</nav>'
