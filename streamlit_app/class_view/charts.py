"""The charts of a class: pure functions from a data frame and the colours to an Altair chart."""

from typing import Any, Final

import altair as alt
import pandas as pd

from streamlit_app.language.text import Text
from streamlit_app.page_parts.charts import (
    EXERCISE,
    FRAME_PX,
    ROW_PX,
    STUDENTS,
    TEXT_PX,
    TIME,
    OverTime,
    finished,
    legend,
    marked,
    time_axis,
)
from streamlit_app.page_parts.frames import PASSED_CHECK, RAN_ONLY
from streamlit_app.page_parts.palette import Palette, mixed, readable_on

SHARE: Final = Text("share")
STARTED: Final = Text("students started")
SOLVED: Final = Text("students solved")
BECAUSE: Final = Text("because each")
ERRORS: Final = Text("runs with an error")
#: How much of the accent the palest band has, and from which share on a band has its name in it.
_PALEST: Final = 0.15
_NAMED_FROM: Final = 0.12
#: Share of the chart's width, at either end, that a name's middle keeps away from.
_EDGE: Final = 0.05


def solved_of_started(exercises: pd.DataFrame, colours: Palette) -> alt.LayerChart:
    """Draw how many students started each exercise, and how many of them solved it.

    Where only a run without an error says so, the bar is pale and dashed, and a legend says why.

    Args:
        exercises: Columns exercise, started, solved, evidence and errors, see `exercises_frame`.
        colours: The colours of the theme.
    """
    names = alt.Y("exercise:N", title=None, sort=None, axis=alt.Axis(labelLimit=160))
    students = alt.Axis(tickMinStep=1, tickCount=5)
    tooltip = [
        alt.Tooltip("exercise:N", title=str(EXERCISE)),
        alt.Tooltip("started:Q", title=str(STARTED)),
        alt.Tooltip("solved:Q", title=str(SOLVED)),
        alt.Tooltip("evidence:N", title=str(BECAUSE)),
        alt.Tooltip("errors:Q", title=str(ERRORS), format=".0%"),
    ]
    bars = alt.Chart(exercises)
    # Its outline tells it from the card, its faint inside tells the solved ones from it.
    started = bars.mark_bar(
        color=colours.accent, fillOpacity=0.25, stroke=colours.accent, strokeWidth=1
    ).encode(y=names, x=alt.X("started:Q", title=None, axis=students), tooltip=tooltip)
    solved = bars.mark_bar(height=alt.RelativeBandSize(0.45), strokeWidth=1.5).encode(
        y=names,
        x=alt.X("solved:Q", title=None, axis=students),
        tooltip=tooltip,
        **_by_evidence(exercises, colours),
    )
    both: alt.LayerChart = started + solved
    return finished(both, ROW_PX * len(exercises) + FRAME_PX, colours)


def _by_evidence(exercises: pd.DataFrame, colours: Palette) -> dict[str, Any]:
    """Return what tells solved by a check from the weaker evidence: fill, outline and word."""
    kinds = [str(PASSED_CHECK), str(RAN_ONLY)]
    shown = legend() if (exercises["evidence"] == str(RAN_ONLY)).any() else None

    def by_evidence(looks: list[Any]) -> dict[str, Any]:
        scale = alt.Scale(domain=kinds, range=looks)
        return {"shorthand": "evidence:N", "scale": scale, "legend": shown}

    return {
        "fill": alt.Fill(**by_evidence([colours.success, colours.card])),
        "stroke": alt.Stroke(**by_evidence([colours.success, colours.success])),
        "strokeDash": alt.StrokeDash(**by_evidence([[1, 0], [3, 2]])),
    }


def class_stream(
    stream: pd.DataFrame, colours: Palette, marks: pd.DataFrame | None = None
) -> OverTime:
    """Draw the share of students at each exercise over time, bands on top of each other.

    The first exercise is the palest; each band that is wide enough somewhere has its name there.

    Args:
        stream: Columns start, exercise, students, share, below and above, see `stream_frame`.
        colours: The colours of the theme.
        marks: What instructors noted, see `marks_frame`.
    """
    names = list(dict.fromkeys(stream["exercise"]))
    shades = [
        mixed(
            colours.accent, colours.card, _PALEST + (1 - _PALEST) * place / max(1, len(names) - 1)
        )
        for place in range(len(names))
    ]
    bands = (
        alt.Chart(stream)
        .mark_area(stroke=colours.card, strokeWidth=1, interpolate="monotone")
        .encode(
            x=alt.X("start:T", title=None, axis=time_axis(stream["start"])),
            y=alt.Y("below:Q", title=None, axis=None, scale=alt.Scale(domain=[0, 1])),
            y2="above:Q",
            color=alt.Color("exercise:N", scale=alt.Scale(domain=names, range=shades), legend=None),
            tooltip=[
                alt.Tooltip("start:T", title=str(TIME), format="%H:%M"),
                alt.Tooltip("exercise:N", title=str(EXERCISE)),
                alt.Tooltip("students:Q", title=str(STUDENTS)),
                alt.Tooltip("share:Q", title=str(SHARE), format=".0%"),
            ],
        )
    )
    widest = _widest(stream).assign(
        middle=lambda row: (row["below"] + row["above"]) / 2,
        colour=lambda row: row["exercise"].map(
            {name: readable_on(shade) for name, shade in zip(names, shades, strict=True)}
        ),
    )
    texts = (
        alt.Chart(widest[widest["share"] >= _NAMED_FROM])
        .mark_text(fontSize=TEXT_PX)
        .encode(
            x=alt.X("start:T"),
            y=alt.Y("middle:Q"),
            text="exercise:N",
            color=alt.Color("colour:N", scale=None),
        )
    )
    both: alt.LayerChart = bands + texts
    return marked(both, stream["start"], marks, 150, colours)


def _widest(stream: pd.DataFrame) -> pd.DataFrame:
    """Return each exercise's row with the largest share where a name beside it is not cut.

    Of two moments it is what lies between them.
    """
    begin, end = stream["start"].min(), stream["start"].max()
    edge = _EDGE * (end - begin)
    inner: pd.DataFrame = stream[(stream["start"] > begin + edge) & (stream["start"] < end - edge)]
    if inner.empty:
        between = dict.fromkeys(("start", "share", "below", "above"), "mean")
        return stream.groupby("exercise", sort=False, as_index=False).agg(between)
    return inner.loc[inner.groupby("exercise", sort=False)["share"].idxmax()]
