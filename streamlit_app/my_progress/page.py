"""My progress: all that a student's session sees, and all of it is about that student."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import streamlit as st

from analytics.my_progress.responses import ExerciseState, OwnExercise, OwnOverview
from analytics.responses import HistoryEvent
from streamlit_app import session
from streamlit_app.api.client import ApiClient
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.language.text import Text
from streamlit_app.my_progress import data as my_progress_data
from streamlit_app.my_progress import measures as my_progress_measures
from streamlit_app.my_progress import seen as my_progress_seen
from streamlit_app.page_parts import notices, units
from streamlit_app.page_parts.layout import Number, card_title, strip
from streamlit_app.page_parts.part import part
from streamlit_app.page_parts.tables import Column, glyph, row_cells, table
from streamlit_app.page_parts.wording import ago, file_name
from streamlit_app.student import run_history

TITLE: Final = Text("My progress")
SOLVED: Final = (
    Text("solved"),
    Text("Exercises that a check passed or, where none tells, a run went well"),
    units.EXERCISES,
    units.COUNTED,
)
POINTS: Final = (
    Text("points"),
    Text("Points that checks gave, of those that there are"),
    units.POINTS,
    units.COUNTED,
)
NOW_AT: Final = (
    Text("now at"),
    Text("Exercise of your latest run"),
    units.AN_EXERCISE,
    units.LATEST_RUN,
)
OUTSIDE: Final = Text("outside exercises")
LAST_RUN: Final = (
    Text("last run"),
    Text("Time since you last ran a cell"),
    units.AGE,
    units.LATEST_RUN,
)
EXERCISES: Final = (Text("My exercises"), Text("in the order of the course"))
NO_EXERCISES: Final = Text("No exercise of this course is known yet.")
COLUMNS: Final = (
    Column(Text("Exercise")),
    Column(Text("Notebook"), on_phone=False),
    Column(Text("How far")),
    Column(Text("My points"), is_number=True),
)
STATES: Final[dict[ExerciseState, Text]] = {
    "not_started": Text("not started"),
    "working": Text("working on it"),
    "failing": Text("latest run failed"),
    "solved": Text("solved"),
    "ran": Text("ran without error"),
}
FAILED_RUNS: Final = Text("latest {n} runs failed")
OF_POINTS: Final = Text("{points:g} of {possible:g}")

SLOWEST_REDRAW_SECONDS: Final = 10
#: What instructors see is computed for the whole class: it is asked for at most this often.
ASK_SECONDS: Final = 20
#: The kind of glyph that a state is shown with; the others have none.
_KINDS: Final[dict[ExerciseState, str]] = {"failing": "error", "solved": "solved", "ran": "ok"}


@dataclass(frozen=True)
class OwnRuns:
    """The newest of what the student did, newest first."""

    history: Sequence[HistoryEvent]
    has_earlier: bool


def show(course_id: str, student_id: str) -> None:
    """Draw the page of a student of a course."""
    now, mine = st.columns([2, 1], gap="small")
    with now:
        _progress_now(course_id, student_id)
    with mine:
        my_progress_data.show(course_id, student_id)


@part(run_every=SLOWEST_REDRAW_SECONDS)
def _progress_now(course_id: str, student_id: str) -> None:
    """Draw what changes while the student works."""
    pages = run_history.pages_shown()
    api = session.api()
    try:
        overview = session.latest(
            "overview", lambda: api.overview(course_id, student_id), every=ASK_SECONDS
        )
        runs = session.latest("own_runs", lambda: _runs(api, course_id, student_id, pages))
    except NumbersUnavailableError as error:
        notices.sentence(str(error))
        return
    numbers = overview.numbers
    session.keep_course_zone(numbers.time_zone)
    measures = my_progress_measures.latest(api, course_id, student_id)
    points = my_progress_measures.points_of(measures, student_id)
    strip(strip_numbers(numbers, my_progress_measures.all_points(measures, student_id)))
    notices.old_numbers(overview.apology or runs.apology, numbers.as_of.time)
    with st.container(border=True, key="own_exercises"):
        card_title(*EXERCISES)
        if numbers.exercises:
            st.html(exercise_table(numbers.exercises, points))
        else:
            st.html(f'<p class="cp-muted">{NO_EXERCISES}</p>')
    my_progress_seen.show(numbers)
    my_progress_measures.show(measures, student_id)
    run_history.show_over_time(runs.numbers.history)
    run_history.show_every_run(
        runs.numbers.history,
        _no_link,  # to one's own notebook one knows the way
        has_earlier=runs.numbers.has_earlier,
    )


def exercise_table(
    exercises: Sequence[OwnExercise], points: Mapping[str, tuple[float, float]]
) -> str:
    """Return one row an exercise: a shape and words for how far it is, and its points."""
    rows = []
    for each in exercises:
        has = points.get(each.exercise)
        title = f' title="{escape(each.exercise)}"' if each.title else ""
        cells = [
            f"<span{title}>{escape(each.title or each.exercise)}</span>",
            escape(file_name(each.notebook)),
            _state(each),
            "" if has is None else escape(OF_POINTS.format(points=has[0], possible=has[1])),
        ]
        rows.append(f"<tr>{row_cells(COLUMNS, cells, first_names_row=True)}</tr>")
    return table("own-exercises", str(EXERCISES[0]), COLUMNS, rows)


def _state(each: OwnExercise) -> str:
    several = each.state == "failing" and each.failed_runs > 1
    word = FAILED_RUNS.format(n=each.failed_runs) if several else str(STATES[each.state])
    kind = _KINDS.get(each.state)
    mark = glyph(kind, word) if kind else f'<span class="cp-muted">{escape(word)}</span>'
    return f'<span data-state="{each.state}">{mark}</span>'


def strip_numbers(overview: OwnOverview, points: tuple[float, float] | None) -> list[Number]:
    """Return the numbers to be read first; where one is, only once a cell was run."""
    solved = sum(each.is_solved for each in overview.exercises)
    numbers = [Number(str(solved), *SOLVED, of=f"/ {len(overview.exercises)}")]
    if points is not None:
        has, possible = points
        numbers.append(Number(f"{has:g}", *POINTS, of=f"/ {possible:g}"))
    if overview.last_run_at is not None:
        numbers.append(Number(overview.exercise or str(OUTSIDE), *NOW_AT))
    return [*numbers, Number(ago(overview.last_run_at, overview.now), *LAST_RUN)]


def _no_link(_notebook: str | None, _cell_id: str | None) -> None:
    return None


def _runs(api: ApiClient, course_id: str, student_id: str, pages: int) -> OwnRuns:
    return OwnRuns(*run_history.newest_pages(api, course_id, student_id, pages))
