"""The Exercise page: how far the class is with one exercise, and what holds it up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import streamlit as st

from analytics.attention.responses import Attention, ErrorClusters, Listed
from analytics.class_marks.responses import ClassMark
from analytics.measures.responses import MeasureDefinition, MeasureRow, MeasureRows
from analytics.responses import AsOf, ExerciseProgress, Timeline
from streamlit_app import session
from streamlit_app.addresses import address
from streamlit_app.api.client import ApiClient
from streamlit_app.api.errors import NotKnownError, NumbersUnavailableError
from streamlit_app.api.measures import MeasureQuery
from streamlit_app.exercise import code_groups
from streamlit_app.exercise.charts import curve_frame, funnel, solved_after
from streamlit_app.exercise.cluster_table import cluster_table
from streamlit_app.exercise.exercise_table import RAN_ONLY, exercise_table
from streamlit_app.exercise.tables import (
    attempts_table,
    busy,
    quarters_table,
    shared_code,
    states_frame,
    states_table,
    stuck_list,
)
from streamlit_app.language.formats import number
from streamlit_app.language.text import Text
from streamlit_app.measures.facts import Fact, facts
from streamlit_app.measures.wording import NOT_ENOUGH, as_of
from streamlit_app.page_parts import charts, notices, units
from streamlit_app.page_parts.frames import marks_frame, on_the_wall, runs_frame
from streamlit_app.page_parts.layout import Number, card_title, choose_in_address, strip
from streamlit_app.page_parts.palette import EITHER
from streamlit_app.page_parts.part import part
from streamlit_app.page_parts.people import names_of_course
from streamlit_app.page_parts.wording import file_name, named, percent

TITLE: Final = Text("Exercises")
CHOOSE: Final = Text("Choose an exercise")
NO_SUCH_EXERCISE: Final = Text(
    "There is no exercise “{exercise}” in this course. Choose one above."
)
NOTHING_YET: Final = Text("Nobody has run anything in an exercise yet.")
ALL: Final = (Text("Exercises"), Text("a name opens the exercise"))
STARTED: Final = (
    Text("started"),
    Text("Students who ran a cell of it or got a result of its check"),
    units.STUDENTS,
    units.COUNTED,
)
SOLVED: Final = (
    Text("solved"),
    Text("Students of whom a check of it passed"),
    units.STUDENTS,
    units.COUNTED,
)
RUNS: Final = (
    Text("runs"),
    Text("How often anyone ran a cell of it"),
    units.RUNS,
    units.COUNTED,
)
STUCK: Final = (
    Text("stuck now"),
    Text("Students at this exercise who need a person"),
    units.STUDENTS,
    units.ATTENTION,
)
FUNNEL: Final = (
    Text("How far the class is"),
    Text("students, each also counted in the states before"),
)
STUCK_NOW: Final = (Text("Stuck now"), Text("why, and how sure"))
NOBODY: Final = Text("Nobody is stuck here, as far as can be seen from here.")
ERRORS: Final = (Text("Commonest errors"), Text("students who had it, in the last ten weeks"))
NO_ERRORS: Final = Text("No run of it has failed in the last ten weeks.")
SOLVE: Final = (
    Text("Time to solve"),
    Text("share of those who began that had solved it after so long"),
)
NO_CURVE: Final = Text("Nobody has solved it yet.")
ATTEMPTS: Final = (
    Text("Attempts over time"),
    Text("runs a minute, of the last three hours of work at it"),
)
FACTS: Final = (Text("In numbers"), Text("a number opens what is behind it"))
CHART_ALT: Final = Text("{title}: {note}. The table beside it has the numbers.")

#: The measures in numbers, in this order; those that the API has.
FACTS_SHOWN: Final = ("difficulty", "discrimination", "time_on_task", "attempts", "error_quotient")
ERRORS_SHOWN: Final = 10
SLOWEST_REDRAW_SECONDS: Final = 30
_CLUSTER_MINUTES: Final = 100_000


@dataclass(frozen=True)
class ExerciseNumbers:
    """Everything that the page shows of one exercise.

    Args:
        as_of: Of which data the numbers are.
        progress: How far the class is.
        measures: The numbers of each measure of the page, by name.
        timeline: The runs of each minute.
        clusters: Which failures students share.
        attention: Who needs a person, wherever.
        marks: What instructors noted about moments of class.
        names: How students are called, by id.
    """

    as_of: AsOf
    progress: ExerciseProgress
    measures: Mapping[str, MeasureRows]
    timeline: Timeline
    clusters: ErrorClusters
    attention: Attention
    marks: Sequence[ClassMark]
    names: Mapping[str, str]


def show() -> None:
    """Draw the page of the exercise that the address names."""
    course_id, wanted = st.query_params["course"], st.query_params.get("exercise")
    name = f"{course_id}/exercises"
    exercises = session.latest(name, partial(session.api().exercises, course_id)).numbers.exercises
    labels = {each.exercise: _label(each) for each in exercises}
    choose_in_address("exercise", CHOOSE, labels, width=340)
    if wanted in labels:
        _exercise_now(course_id, wanted)
        return
    if wanted is not None:
        notices.sentence(NO_SUCH_EXERCISE.format(exercise=wanted))
    with st.container(border=True, key="exercises"):
        card_title(*ALL)
        if exercises:
            st.html(exercise_table(exercises, course_id))
        else:
            st.html(f'<p class="cp-muted">{NOTHING_YET}</p>')


def _label(exercise: ExerciseProgress) -> str:
    return " · ".join(
        filter(None, (named(exercise.exercise, exercise.title), file_name(exercise.notebook)))
    )


@part(run_every=SLOWEST_REDRAW_SECONDS)
def _exercise_now(course_id: str, exercise: str) -> None:
    """Draw everything about one exercise as it is now."""
    try:
        latest = session.latest(
            f"{course_id}/exercise/{exercise}", partial(_ask, session.api(), course_id, exercise)
        )
    except NumbersUnavailableError as error:
        notices.sentence(str(error))
        return
    numbers = latest.numbers
    _strip(numbers)
    notices.old_numbers(latest.apology, numbers.as_of.time)
    left, right = st.columns([1, 1], gap="small")
    with left.container(border=True, key="funnel", height="stretch"):
        _funnel(numbers)
    with right.container(border=True, key="stuck", height="stretch"):
        _stuck(numbers, course_id)
    with st.container(border=True, key="errors"):
        _errors(numbers)
    left, right = st.columns([1, 1], gap="small")
    with left.container(border=True, key="solve", height="stretch"):
        _time_to_solve(numbers)
    with right.container(border=True, key="attempts", height="stretch"):
        _attempts(numbers)
    code_groups.show(course_id, exercise, numbers.names)
    with st.container(border=True, key="facts"):
        card_title(*FACTS)
        st.html(facts(_facts(numbers, course_id)))


def _ask(api: ApiClient, course_id: str, exercise: str) -> ExerciseNumbers:
    exercises = api.exercises(course_id)
    found = [each for each in exercises.exercises if each.exercise == exercise]
    if not found:  # it was there a moment ago
        raise NotKnownError(NO_SUCH_EXERCISE.format(exercise=exercise))
    known = {measure.name for measure in api.measures().measures}
    query = MeasureQuery("exercise", exercise=exercise)
    wanted = [name for name in ("progress", "time_to_solve", *FACTS_SHOWN) if name in known]
    return ExerciseNumbers(
        exercises.as_of,
        found[0],
        {name: api.measure(course_id, name, query) for name in wanted},
        api.timeline(course_id, exercise=exercise),
        api.error_clusters(course_id, minutes=_CLUSTER_MINUTES, exercise=exercise),
        api.attention(course_id),
        api.class_marks(course_id).marks,
        names_of_course(course_id),
    )


def _row(numbers: ExerciseNumbers, name: str) -> MeasureRow:
    """Return the exercise's row of a measure; one without a number where there is none."""
    rows = numbers.measures[name].rows if name in numbers.measures else []
    return rows[0] if rows else MeasureRow()


def _strip(numbers: ExerciseNumbers) -> None:
    """Draw the few numbers to be read first."""
    progress = numbers.progress
    solved = SOLVED if progress.passed_by == "check" else (*RAN_ONLY, *SOLVED[2:])
    strip(
        [
            Number(number(progress.started), *STARTED),
            Number(number(progress.passed), *solved),
            Number(number(progress.runs), *RUNS),
            Number(percent(progress.error_rate), *units.WITH_ERROR),
            Number(str(len(_stuck_here(numbers))), *STUCK),
        ]
    )


def _funnel(numbers: ExerciseNumbers) -> None:
    card_title(FUNNEL[0], f"{FUNNEL[1]} · {as_of(numbers.as_of.time)}")
    states = states_frame(_row(numbers, "progress"), len(numbers.names))
    if states.empty:
        st.html(f'<p class="cp-muted">{NOT_ENOUGH}</p>')
        return
    chart = funnel(states, EITHER)
    st.altair_chart(chart, key="funnel_chart", alt=_alt(FUNNEL))
    st.html(states_table(states))


def _stuck_here(numbers: ExerciseNumbers) -> Sequence[Listed]:
    here = numbers.progress.exercise
    return [each for each in numbers.attention.students if each.exercise == here]


def _stuck(numbers: ExerciseNumbers, course_id: str) -> None:
    card_title(*STUCK_NOW)
    names = numbers.names
    listed = sorted(
        _stuck_here(numbers),
        key=lambda each: names.get(each.student_id, each.student_id).casefold(),
    )
    people = stuck_list(listed, names, course_id, numbers.attention.now)
    st.html(people if listed else f'<p class="cp-muted">{NOBODY}</p>')


def _errors(numbers: ExerciseNumbers) -> None:
    card_title(*ERRORS)
    clusters = numbers.clusters.clusters[:ERRORS_SHOWN]
    if not clusters:
        st.html(f'<p class="cp-muted">{NO_ERRORS}</p>')
        return
    st.html(cluster_table(clusters, numbers.names, numbers.clusters.as_of.time))
    st.html(shared_code(clusters) or "<span></span>")


def _time_to_solve(numbers: ExerciseNumbers) -> None:
    card_title(*SOLVE)
    row = _row(numbers, "time_to_solve")
    curve = curve_frame((row.model_extra or {}).get("curve"))
    if curve.empty:
        st.html(f'<p class="cp-muted">{NO_CURVE}</p>')
        return
    chart = solved_after(curve, EITHER)
    st.altair_chart(chart, key="solve_chart", alt=_alt(SOLVE))
    st.html(quarters_table(row))


def _attempts(numbers: ExerciseNumbers) -> None:
    card_title(*ATTEMPTS)
    buckets = numbers.timeline.buckets
    zone = session.local_zone()
    runs = on_the_wall(runs_frame(buckets, busy(buckets)), zone)
    marks = on_the_wall(marks_frame(numbers.marks), zone)
    chart = charts.runs_per_minute(runs, EITHER, marks)
    st.altair_chart(chart, key="attempts_chart", alt=_alt(ATTEMPTS))
    st.html(attempts_table(buckets))


def _facts(numbers: ExerciseNumbers, course_id: str) -> list[Fact]:
    """Return the measures of the exercise, each with the link to the numbers behind it."""
    return [
        Fact(_definition(numbers, name), _row(numbers, name), _link(name, numbers, course_id))
        for name in FACTS_SHOWN
        if name in numbers.measures
    ]


def _definition(numbers: ExerciseNumbers, name: str) -> MeasureDefinition:
    return numbers.measures[name].measure


def _link(name: str, numbers: ExerciseNumbers, course_id: str) -> str:
    exercise = numbers.progress.exercise
    return address("measures", course=course_id, measure=name, by="student", exercise=exercise)


def _alt(card: tuple[Text, Text]) -> str:
    return CHART_ALT.format(title=card[0], note=card[1])
