"""The charts of measures: pure functions from the API's rows and the colours to an Altair chart."""

from collections.abc import Mapping, Sequence
from typing import Final

import altair as alt
import pandas as pd

from analytics.measures.responses import MeasureRow
from streamlit_app.language.text import Text
from streamlit_app.measures.wording import axis_unit, ends, exercise_name, measured
from streamlit_app.page_parts.charts import EXERCISE, FRAME_PX, ROW_PX, STUDENT, STUDENTS, finished
from streamlit_app.page_parts.palette import Palette

VALUE: Final = Text("value")
HALF: Final = Text("half at most")
#: Bars of a distribution, at most.
BINS: Final = 20
_SPREAD_PX: Final = 150
_LABEL_PX: Final = 160


def values_frame(rows: Sequence[MeasureRow], unit: str, names: Mapping[str, str]) -> pd.DataFrame:
    """Return columns student, exercise, value, lower, upper and said: one row a number there is.

    `value` and the ends of its interval (null without one) are in the unit of the chart's axis;
    `said` is the value in words, and students are called as in `names`, by id.
    """
    _, scale = axis_unit(unit)
    found = [
        (
            names.get(row.student_id or "", row.student_id or ""),
            exercise_name(row.exercise),
            row.value / scale,
            _end(row, "lower", scale),
            _end(row, "upper", scale),
            measured(row.value, unit),
        )
        for row in rows
        if row.value is not None
    ]
    columns = ["student", "exercise", "value", "lower", "upper", "said"]
    frame = pd.DataFrame(found, columns=columns)
    return frame.astype({"value": float, "lower": float, "upper": float})


def by_exercise(values: pd.DataFrame, unit: str, colours: Palette) -> alt.LayerChart:
    """Draw a bar for each exercise, in the order of the rows, and its interval where there is one.

    Args:
        values: See `values_frame`.
        unit: The measure's unit.
        colours: The colours of the theme.
    """
    names = alt.Y("exercise:N", title=None, sort=None, axis=alt.Axis(labelLimit=_LABEL_PX))
    tooltip = [
        alt.Tooltip("exercise:N", title=str(EXERCISE)),
        alt.Tooltip("said:N", title=str(VALUE)),
    ]
    bars = (
        alt.Chart(values)
        .mark_bar(color=colours.usual, height=alt.RelativeBandSize(0.6))
        .encode(y=names, x=_value(unit), tooltip=tooltip)
    )
    intervals = (
        alt.Chart(values.dropna(subset=["lower", "upper"]))
        .mark_rule(color=colours.ink, strokeWidth=1.5)
        .encode(y=names, x=alt.X("lower:Q"), x2="upper:Q", tooltip=tooltip)
    )
    both: alt.LayerChart = bars + intervals
    return finished(both, ROW_PX * len(values) + FRAME_PX, colours)


def spread(values: pd.DataFrame, unit: str, colours: Palette) -> alt.Chart:
    """Draw how many students have which value.

    Args:
        values: See `values_frame`; a row a student.
        unit: The measure's unit.
        colours: The colours of the theme.
    """
    chart: alt.Chart = (
        alt.Chart(values)
        .mark_bar(color=colours.usual, stroke=colours.card)
        .encode(
            x=_value(unit, is_binned=True),
            y=alt.Y("count()", title=str(STUDENTS), axis=alt.Axis(tickMinStep=1, tickCount=4)),
            tooltip=[
                alt.Tooltip("value:Q", bin=_bins(unit), title=str(VALUE)),
                alt.Tooltip("count()", title=str(STUDENTS)),
            ],
        )
    )
    return finished(chart, _SPREAD_PX, colours)


def spread_by_exercise(
    values: pd.DataFrame, exercises: Sequence[str], unit: str, colours: Palette
) -> alt.LayerChart:
    """Draw a mark for each student in each exercise's row, and where the half of them is.

    Args:
        values: See `values_frame`; a row a student and exercise.
        exercises: The exercises in the order of the course; others come last.
        unit: The measure's unit.
        colours: The colours of the theme.
    """
    found = dict.fromkeys(values["exercise"])
    order = [*(each for each in exercises if each in found), *(found.keys() - set(exercises))]
    names = alt.Y("exercise:N", title=None, sort=order, axis=alt.Axis(labelLimit=_LABEL_PX))
    base = alt.Chart(values).encode(y=names, x=_value(unit))
    marks = base.mark_tick(color=colours.usual, thickness=2).encode(
        tooltip=[
            alt.Tooltip("student:N", title=str(STUDENT)),
            alt.Tooltip("exercise:N", title=str(EXERCISE)),
            alt.Tooltip("said:N", title=str(VALUE)),
        ]
    )
    middle = base.mark_point(color=colours.ink, shape="diamond", filled=True, size=70).encode(
        x=alt.X("median(value):Q"),
        tooltip=[
            alt.Tooltip("exercise:N", title=str(EXERCISE)),
            alt.Tooltip("median(value):Q", title=str(HALF)),
        ],
    )
    both: alt.LayerChart = marks + middle
    return finished(both, ROW_PX * len(order) + FRAME_PX, colours)


def _value(unit: str, *, is_binned: bool = False) -> alt.X:
    bins = _bins(unit) if is_binned else alt.Undefined
    axis = alt.Axis(tickCount=6, labelFlush=False, labelOverlap=True, labelSeparation=24)
    scale = alt.Scale(domain=list(ends(unit) or ())) if ends(unit) else alt.Undefined
    return alt.X("value:Q", bin=bins, title=axis_unit(unit)[0], axis=axis, scale=scale)


def _bins(unit: str) -> alt.Bin:
    """Return the bars of a distribution: where a unit has ends, always the same ones."""
    bounds = ends(unit)
    if bounds is None:
        return alt.Bin(maxbins=BINS)
    return alt.Bin(extent=list(bounds), step=(bounds[1] - bounds[0]) / BINS)


def _end(row: MeasureRow, name: str, scale: float) -> float | None:
    value = (row.model_extra or {}).get(name)
    return value / scale if isinstance(value, int | float) else None
