"""The charts of the Exercise page: pure functions from a frame and the colours to a chart."""

from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import pandas as pd
from pydantic import JsonValue

from streamlit_app.language.text import Text
from streamlit_app.measures.wording import MINUTES
from streamlit_app.page_parts.charts import STUDENTS, finished
from streamlit_app.page_parts.palette import Palette

HOW_FAR: Final = Text("how far")
SOLVED_BY_THEN: Final = Text("solved by then")
AT_LEAST: Final = Text("at least")
AT_MOST: Final = Text("at most")

_FUNNEL_ROW_PX: Final = 32
_CURVE_PX: Final = 200
_MINUTE: Final = 60


def funnel(states: pd.DataFrame, colours: Palette) -> alt.LayerChart:
    """Draw how many students came how far, a bar with its number for each state.

    Args:
        states: Columns state, students and kind ('waiting', 'working' or 'solved'), in order.
        colours: The colours of the theme.
    """
    kinds = {"waiting": colours.muted, "working": colours.usual, "solved": colours.success}
    most = max(1, int(states["students"].max())) if len(states) else 1
    base = alt.Chart(states).encode(
        y=alt.Y("state:N", title=None, sort=None, axis=alt.Axis(labelLimit=160)),
        x=alt.X("students:Q", title=None, axis=None, scale=alt.Scale(domain=[0, most * 1.1])),
        tooltip=[
            alt.Tooltip("state:N", title=str(HOW_FAR)),
            alt.Tooltip("students:Q", title=str(STUDENTS)),
        ],
    )
    bars = base.mark_bar(height=alt.RelativeBandSize(0.6)).encode(
        color=alt.Color(
            "kind:N", scale=alt.Scale(domain=list(kinds), range=list(kinds.values())), legend=None
        )
    )
    numbers = base.mark_text(align="left", dx=6, color=colours.ink, fontSize=14).encode(
        text="students:Q"
    )
    both: alt.LayerChart = bars + numbers
    return finished(both, _FUNNEL_ROW_PX * len(states) + 8, colours)


def curve_frame(steps: JsonValue) -> pd.DataFrame:
    """Return columns minutes, solved, low and high (shares of those who began): one row a step.

    Args:
        steps: The column `curve` of the measure time_to_solve; what is no list gives no rows.
    """
    columns = ["minutes", "solved", "low", "high"]
    found: list[Sequence[Any]] = [(0.0, 0.0, 0.0, 0.0)]
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict):
            solved = 1 - _number(step, "unsolved", 1.0)
            low, high = (
                1 - _number(step, "upper", 1 - solved),
                1 - _number(step, "lower", 1 - solved),
            )
            found.append((_number(step, "seconds", 0.0) / _MINUTE, solved, low, high))
    return pd.DataFrame(found if len(found) > 1 else [], columns=columns, dtype=float)


def solved_after(curve: pd.DataFrame, colours: Palette) -> alt.LayerChart:
    """Draw which share of those who began an exercise had solved it after so many minutes.

    Args:
        curve: See `curve_frame`.
        colours: The colours of the theme.
    """
    base = alt.Chart(curve).encode(
        x=alt.X("minutes:Q", title=str(MINUTES), axis=alt.Axis(grid=False))
    )
    share = alt.Axis(format=".0%", tickCount=4)
    scale = alt.Scale(domain=[0, 1])
    tooltip = [
        alt.Tooltip("minutes:Q", title=str(MINUTES), format=".1f"),
        alt.Tooltip("solved:Q", title=str(SOLVED_BY_THEN), format=".0%"),
        alt.Tooltip("low:Q", title=str(AT_LEAST), format=".0%"),
        alt.Tooltip("high:Q", title=str(AT_MOST), format=".0%"),
    ]
    band = base.mark_area(
        interpolate="step-after",
        color=colours.success,
        fillOpacity=0.2,
        stroke=colours.success,
        strokeWidth=0.5,
    ).encode(y=alt.Y("low:Q", title=None, scale=scale, axis=share), y2="high:Q")
    line = base.mark_line(interpolate="step-after", color=colours.success, strokeWidth=2.5).encode(
        y=alt.Y("solved:Q", title=None, scale=scale, axis=share), tooltip=tooltip
    )
    both: alt.LayerChart = band + line
    return finished(both, _CURVE_PX, colours)


def _number(step: dict[str, JsonValue], name: str, default: float) -> float:
    value = step.get(name)
    return float(value) if isinstance(value, int | float) else default
