"""A student's measures in plain words, for the student: own numbers only, each with its “?”."""

from collections.abc import Mapping
from functools import partial
from html import escape
from typing import Final

import streamlit as st

from analytics.measures.responses import MeasureRow, MeasureRows
from streamlit_app import session
from streamlit_app.api.client import ApiClient
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.api.measures import MeasureQuery
from streamlit_app.language.text import Text
from streamlit_app.measures.facts import Fact, facts
from streamlit_app.measures.wording import as_of
from streamlit_app.page_parts.layout import card_title

TITLE: Final = Text("In numbers")
NOTE: Final = Text("about you alone, no grade · {time}")
NONE_YET: Final = Text("There is nothing to count yet.")

#: The measure that has the points, and under the other name its rows by exercise.
_PROGRESS: Final = "progress"
_BY_EXERCISE: Final = "progress_by_exercise"
#: The measures of a student that one can make something of without having read the papers.
SHOWN: Final = (_PROGRESS, "time_on_task", "error_rate", "attempts", "idle")
#: The measures read the whole log: they are asked for at most this often, in seconds.
ASK_SECONDS: Final = 60


def latest(api: ApiClient, course_id: str, student_id: str) -> Mapping[str, MeasureRows]:
    """Return the student's own rows of each measure; none while they can't be had."""
    try:
        return session.latest(
            "own_measures", partial(_ask, api, course_id, student_id), every=ASK_SECONDS
        ).numbers
    except NumbersUnavailableError:
        return {}


def show(measures: Mapping[str, MeasureRows], student_id: str) -> None:
    """Draw the card."""
    rows = [measures[name] for name in SHOWN if name in measures]
    with st.container(border=True, key="measures"):
        if not rows:
            card_title(TITLE)
            st.html(f'<p class="cp-muted">{escape(str(NONE_YET))}</p>')
            return
        card_title(TITLE, NOTE.format(time=as_of(rows[0].as_of.time)))
        st.html(facts(_fact(each, student_id) for each in rows))


def points_of(
    measures: Mapping[str, MeasureRows], student_id: str
) -> dict[str, tuple[float, float]]:
    """Return the points that the student has and can get, by exercise that was begun."""
    by_exercise = measures.get(_BY_EXERCISE)
    return {
        row.exercise: points
        for row in (by_exercise.rows if by_exercise else ())
        if row.student_id == student_id and row.exercise and (points := _points(row))
    }


def all_points(measures: Mapping[str, MeasureRows], student_id: str) -> tuple[float, float] | None:
    """Return the points that the student has and can get, of all exercises, begun or not."""
    progress = measures.get(_PROGRESS)
    rows = (row for row in (progress.rows if progress else ()) if row.student_id == student_id)
    return next(map(_points, rows), None)


def _points(row: MeasureRow) -> tuple[float, float] | None:
    extra = row.model_extra or {}
    points, possible = extra.get("points"), extra.get("points_possible")
    if isinstance(points, int | float) and isinstance(possible, int | float):
        return float(points), float(possible)
    return None


def _ask(api: ApiClient, course_id: str, student_id: str) -> Mapping[str, MeasureRows]:
    known = {measure.name for measure in api.measures().measures}
    own = MeasureQuery("student", student=student_id)
    found: dict[str, MeasureRows] = {
        name: api.measure(course_id, name, own) for name in SHOWN if name in known
    }
    by_exercise = MeasureQuery("student_exercise", student=student_id)
    found[_BY_EXERCISE] = api.measure(course_id, _PROGRESS, by_exercise)
    return found


def _fact(rows: MeasureRows, student_id: str) -> Fact:
    values = (row.value for row in rows.rows if row.student_id == student_id)
    # The number alone: what else its row has is about how it spreads.
    return Fact(rows.measure, MeasureRow(value=next(values, None)), link="")
