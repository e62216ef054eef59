"""The report's charts: pure functions from a section's frame and the colours to an Altair chart."""

from collections.abc import Callable, Mapping
from typing import Final

import altair as alt
import pandas as pd

from streamlit_app.after_class import wording
from streamlit_app.after_class.sections.section import Section
from streamlit_app.class_view.charts import class_stream
from streamlit_app.language.text import Text
from streamlit_app.page_parts.charts import ROW_PX, finished, time_axis
from streamlit_app.page_parts.palette import Palette

#: Height of what is around the rows, and of a legend, in pixels.
_FRAME_PX: Final = 46
_LEGEND_PX: Final = 26
_NAMES: Final = 130
#: Columns with shares → what a tooltip calls them.
_SHARES: Final = {
    "unsolved": wording.UNSOLVED,
    "lower": wording.RANGE_FROM,
    "upper": wording.RANGE_TO,
}
Chart = alt.Chart | alt.LayerChart


def chart_of(section: Section, colours: Palette) -> Chart | None:
    """Return the chart of a section; None where there is nothing to draw."""
    return None if section.frame.empty else _CHARTS[section.key](section.frame, colours)


def reached(frame: pd.DataFrame, colours: Palette) -> alt.Chart:
    """Draw of each exercise how many began it: those who had solved it at the end, and the rest.

    Args:
        frame: Columns exercise, place (in the bar), state and students.
        colours: The colours of the theme.
    """
    return _parts(
        frame,
        "exercise",
        wording.EXERCISE,
        alt.Scale(
            domain=[str(wording.SOLVED), str(wording.UNSOLVED)],
            range=[colours.success, colours.usual],
        ),
        colours,
    )


def failures(frame: pd.DataFrame, colours: Palette) -> alt.Chart:
    """Draw of each failure how many met it: those who got past it, and the rest.

    Args:
        frame: Columns failure, place (in the bar), state and students.
        colours: The colours of the theme.
    """
    return _parts(
        frame,
        "failure",
        wording.FAILURE,
        alt.Scale(
            domain=[str(wording.PAST), str(wording.NOT_PAST)],
            range=[colours.success, colours.warning],
        ),
        colours,
    )


def _parts(
    frame: pd.DataFrame, of: str, title: Text, scale: alt.Scale, colours: Palette
) -> alt.Chart:
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_bar(stroke=colours.card)
        .encode(
            y=alt.Y(
                f"{of}:N",
                title=None,
                sort=None,
                axis=alt.Axis(labelLimit=_NAMES, labelOverlap=False),
            ),
            x=alt.X("students:Q", title=None, axis=alt.Axis(tickMinStep=1, tickCount=5)),
            color=alt.Color("state:N", scale=scale, legend=_legend()),
            order=alt.Order("place:O"),
            tooltip=_told({of: title, "state": wording.STATE, "students": wording.STUDENTS}),
        )
    )
    return finished(chart, ROW_PX * frame[of].nunique() + _FRAME_PX + _LEGEND_PX, colours)


def hardest(frame: pd.DataFrame, colours: Palette) -> alt.LayerChart:
    """Draw the share that had not solved each exercise, with its 95 % interval.

    Args:
        frame: Columns exercise, unsolved, lower and upper, from 0 to 1.
        colours: The colours of the theme.
    """
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "exercise:N",
            title=None,
            sort=None,
            axis=alt.Axis(labelLimit=_NAMES, labelOverlap=False),
        ),
        tooltip=[
            *_told({"exercise": wording.EXERCISE}),
            *(
                alt.Tooltip(f"{name}:Q", format=".0%", title=str(title))
                for name, title in _SHARES.items()
            ),
        ],
    )
    axis = alt.X(
        "lower:Q",
        title=None,
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format=".0%", tickCount=5),
    )
    lines = base.mark_rule(color=colours.usual, strokeWidth=3).encode(x=axis, x2="upper:Q")
    points = base.mark_point(color=colours.warning, filled=True, size=70, opacity=1).encode(
        x=alt.X("unsolved:Q", title=None)
    )
    both: alt.LayerChart = lines + points
    return finished(both, ROW_PX * len(frame) + _FRAME_PX, colours)


def helped(frame: pd.DataFrame, colours: Palette) -> alt.Chart:
    """Draw from when to when each raised hand waited, and whether somebody came.

    Args:
        frame: Columns who, asked, until (times without a zone) and state.
        colours: The colours of the theme.
    """
    states = [str(wording.WAITED_FOR), str(wording.NOBODY_CAME)]
    paints = [colours.usual, colours.warning]
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_bar(height=8, cornerRadius=2)
        .encode(
            y=alt.Y(
                "who:N", title=None, sort=None, axis=alt.Axis(labelLimit=_NAMES, labelOverlap=False)
            ),
            x=alt.X(
                "asked:T", title=None, axis=time_axis(pd.concat([frame["asked"], frame["until"]]))
            ),
            x2="until:T",
            color=alt.Color(
                "state:N", scale=alt.Scale(domain=states, range=paints), legend=_legend()
            ),
            tooltip=_told({"who": wording.WHO, "state": wording.STATE}),
        )
    )
    return finished(chart, ROW_PX * frame["who"].nunique() + _FRAME_PX + _LEGEND_PX, colours)


def over_time(frame: pd.DataFrame, colours: Palette) -> Chart:
    """Draw the share of the students at each exercise, see `class_stream`."""
    return class_stream(frame, colours)


def _told(titles: Mapping[str, Text]) -> list[alt.Tooltip]:
    """Return what a tooltip tells of columns, each under a title in the viewer's language."""
    return [alt.Tooltip(name, title=str(title)) for name, title in titles.items()]


def _legend() -> alt.Legend:
    return alt.Legend(orient="top", direction="horizontal", title=None)


_CHARTS: Final[dict[str, Callable[[pd.DataFrame, Palette], Chart]]] = {
    "reached": reached,
    "over_time": over_time,
    "hardest": hardest,
    "failures": failures,
    "help": helped,
}
