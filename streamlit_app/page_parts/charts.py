"""The charts that pages share: pure functions from a data frame and the colours to a chart."""

from typing import Any, Final, Literal, TypeVar

import altair as alt
import pandas as pd

from streamlit_app.language.text import Text
from streamlit_app.page_parts.frames import WITH_ERROR, WITHOUT_ERROR
from streamlit_app.page_parts.palette import Palette
from streamlit_app.page_parts.wording import KINDS

MINUTE: Final = Text("minute")
TIME: Final = Text("time")
RUNS: Final = Text("runs")
NUMBER: Final = Text("number")
EXERCISE: Final = Text("exercise")
STUDENT: Final = Text("student")
STUDENTS: Final = Text("students")
MARK: Final = Text("mark")
WHERE: Final = Text("where")
WHAT: Final = Text("what")
ERROR: Final = Text("error")
#: A day and a time, and a day alone, as D3 writes them (%d day, %b month's name, %m its number).
DAY_AND_TIME: Final = Text("%d %b %H:%M")
DAY: Final = Text("%d %b")

#: Height of a row with one exercise, and of everything around the rows, in pixels.
ROW_PX: Final = 20
FRAME_PX: Final = 60
TEXT_PX = 12
_PADDING: Final = {"left": 4, "top": 4, "right": 8, "bottom": 4}
_WORDS_A_LINE: Final = 4
#: On a canvas, which Streamlit takes for a chart of many marks, our colours are none: they are the
#: page's own variables.
_AS_SVG: Final = {"embedOptions": {"renderer": "svg"}}
_LONGEST_MARK_PX: Final = 160
#: From which share of the time on a mark's text stands before it.
_LATE: Final = 0.6
_MINUTE: Final = pd.Timedelta(minutes=1)
_DAY: Final = pd.Timedelta(days=1)

Drawing = TypeVar("Drawing", alt.Chart, alt.LayerChart)
#: A chart over time: with instructors' marks it has layers.
OverTime = alt.Chart | alt.LayerChart


def runs_per_minute(
    runs: pd.DataFrame, colours: Palette, marks: pd.DataFrame | None = None
) -> OverTime:
    """Draw the runs of each minute as stacked bars, those with an error at the bottom.

    Args:
        runs: Columns start, outcome and runs, see `runs_frame`.
        colours: The colours of the theme.
        marks: What instructors noted, see `marks_frame`.
    """
    outcome = alt.Color(
        "outcome:N",
        scale=alt.Scale(
            domain=[str(WITH_ERROR), str(WITHOUT_ERROR)], range=[colours.warning, colours.usual]
        ),
        legend=legend(),
    )
    chart: alt.Chart = (
        alt.Chart(runs)
        .mark_bar(stroke=colours.card)  # a gap between neighbours, also between the colours
        .encode(
            x=alt.X(
                "start:T",
                timeUnit="yearmonthdatehoursminutes",
                title=None,
                axis=time_axis(runs["start"]),
            ),
            y=alt.Y("runs:Q", title=None, axis=alt.Axis(tickMinStep=1, tickCount=4)),
            color=outcome,
            order=alt.Order("outcome:N", sort="ascending"),
            tooltip=[
                alt.Tooltip("start:T", title=str(MINUTE), format="%H:%M"),
                alt.Tooltip("outcome:N", title=str(RUNS)),
                alt.Tooltip("runs:Q", title=str(NUMBER)),
            ],
        )
    )
    return marked(chart, runs["start"], marks, 180, colours)


def student_runs(
    history: pd.DataFrame, colours: Palette, marks: pd.DataFrame | None = None
) -> OverTime:
    """Draw what one student did over time: a line for each exercise, a mark for each run.

    Args:
        history: Columns time, place, outcome and error, see `history_frame`.
        colours: The colours of the theme.
        marks: What instructors noted, see `marks_frame`.
    """
    looks = {
        "ok": ("square", colours.success),
        "error": ("triangle-up", colours.warning),
        "stopped": ("stroke", colours.muted),
        "solved": ("square", colours.success),
        "unsolved": ("triangle-down", colours.warning),
        "help": ("circle", colours.accent),
        "hand_down": ("circle", colours.muted),
        "came": ("triangle-right", colours.muted),
        "left": ("triangle-left", colours.muted),
    }
    present = set(history["outcome"])
    kinds = [kind for kind, word in KINDS.items() if str(word) in present]
    words = [str(KINDS[kind]) for kind in kinds]
    shapes = alt.Scale(domain=words, range=[looks[kind][0] for kind in kinds])
    paints = [looks[kind][1] for kind in kinds]
    # A run without an error is hollow, as in the tables: no check says that it is right.
    insides = [colours.card if kind == "ok" else looks[kind][1] for kind in kinds]
    places = alt.Axis(grid=True, labelLimit=160)
    chart: alt.Chart = (
        alt.Chart(history.sort_values("time"))
        .mark_point(size=70, opacity=0.9)
        .encode(
            x=alt.X("time:T", title=None, axis=time_axis(history["time"])),
            y=alt.Y("place:N", title=None, sort=None, axis=places),
            fill=alt.Fill(
                "outcome:N", legend=legend(), scale=alt.Scale(domain=words, range=insides)
            ),
            stroke=alt.Stroke(
                "outcome:N", legend=legend(), scale=alt.Scale(domain=words, range=paints)
            ),
            shape=alt.Shape("outcome:N", legend=legend(), scale=shapes),
            tooltip=[
                alt.Tooltip("time:T", title=str(TIME), format="%H:%M:%S"),
                alt.Tooltip("place:N", title=str(WHERE)),
                alt.Tooltip("outcome:N", title=str(WHAT)),
                alt.Tooltip("error:N", title=str(ERROR)),
            ],
        )
    )
    height = ROW_PX * history["place"].nunique() + FRAME_PX
    return marked(chart, history["time"], marks, height, colours)


def marked(
    chart: OverTime,
    times: "pd.Series[Any]",
    marks: pd.DataFrame | None,
    height: int,
    colours: Palette,
) -> OverTime:
    """Finish a chart, with a line and its text at each mark that lies within its times."""
    if marks is None or times.empty:
        return _finished(chart, height, colours)
    shown = marks[marks["time"].between(times.min(), times.max())]
    if shown.empty:
        return _finished(chart, height, colours)
    lines = _at(shown).mark_rule(color=colours.ink, strokeDash=[4, 3], strokeWidth=1.5)
    is_late = shown["time"] > times.min() + _LATE * (times.max() - times.min())
    layers: list[OverTime] = [chart, lines, *_texts(shown[~is_late], colours)]
    layers += _texts(shown[is_late], colours, is_late=True)
    layered = alt.LayerChart(layer=layers)
    return finished(layered, height, colours)


def _at(marks: pd.DataFrame) -> alt.Chart:
    return alt.Chart(marks).encode(
        x=alt.X("time:T", title=None),
        tooltip=[
            alt.Tooltip("time:T", title=str(TIME), format="%H:%M"),
            alt.Tooltip("text:N", title=str(MARK)),
        ],
    )


def _texts(marks: pd.DataFrame, colours: Palette, *, is_late: bool = False) -> list[alt.Chart]:
    """Write what marks say, behind their lines; near the end, where it would be cut, before."""
    if marks.empty:
        return []
    align: Literal["left", "right"] = "right" if is_late else "left"
    away = -4 if is_late else 4
    texts = (
        _at(marks)
        .mark_text(
            align=align, baseline="top", dx=away, dy=2, limit=_LONGEST_MARK_PX, fontSize=TEXT_PX
        )
        .encode(y=alt.value(0), text="text:N")
    )
    # The same text in the card's colour around it: it has to be read on any colour.
    around = texts.encode(
        color=alt.value(colours.card), stroke=alt.value(colours.card), strokeWidth=alt.value(4)
    )
    return [around, texts.encode(color=alt.value(colours.ink))]


def _finished(chart: OverTime, height: int, colours: Palette) -> OverTime:
    if isinstance(chart, alt.LayerChart):
        return finished(chart, height, colours)
    return finished(chart, height, colours)


def time_axis(times: "pd.Series[Any]") -> alt.Axis:
    """Label moments as finely as they lie apart: no two ticks may have the same text."""
    span = pd.Timedelta(0) if times.empty else times.max() - times.min()
    if span < 5 * _MINUTE:
        label, step = "%H:%M:%S", _MINUTE / 60
    elif span < _DAY / 2:
        label, step = "%H:%M", _MINUTE
    elif span < 7 * _DAY:
        label, step = str(DAY_AND_TIME), _MINUTE
    else:
        label, step = str(DAY), _DAY
    return alt.Axis(
        format=label,
        tickCount=8,
        tickMinStep=step / pd.Timedelta(milliseconds=1),
        labelOverlap=True,
        grid=False,
    )


def legend() -> alt.Legend:
    """Return a legend above the chart, of so many words a line as a phone has room for."""
    return alt.Legend(orient="top", direction="horizontal", columns=_WORDS_A_LINE, title=None)


def finished(chart: Drawing, height: int, colours: Palette) -> Drawing:
    """Give a chart the look that all of them share: on a card, in the card's text size."""
    drawn: Drawing = (
        chart.properties(
            height=height, background="transparent", padding=_PADDING, usermeta=_AS_SVG
        )
        # The chart has a name and a table beside it: to hear each mark's columns is no help.
        .configure_mark(aria=False)
        .configure_axis(
            aria=False,
            labelColor=colours.muted,
            labelFontSize=TEXT_PX,
            titleColor=colours.muted,
            titleFontSize=TEXT_PX,
            titleFontWeight="normal",
            gridColor=colours.line,
            domainColor=colours.line,
        )
        .configure_legend(
            aria=False, labelColor=colours.muted, labelFontSize=TEXT_PX, offset=4, padding=0
        )
        .configure_view(strokeWidth=0)
    )
    return drawn
