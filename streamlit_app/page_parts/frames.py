"""The API's answers as data frames, one for each chart."""

from collections.abc import Sequence
from datetime import timedelta, tzinfo

import pandas as pd

from analytics.after_class.responses import ReportStream
from analytics.class_marks.responses import ClassMark
from analytics.class_view.responses import ClassStream
from analytics.responses import ExerciseProgress, HistoryEvent, TimelineBucket
from streamlit_app.language.text import Text
from streamlit_app.page_parts.wording import KINDS, NEVER, kind_of, where

WITHOUT_ERROR = Text("without an error")
WITH_ERROR = Text("with an error")
PASSED_CHECK = Text("passed a check")
RAN_ONLY = Text("only ran without an error")


def on_the_wall(frame: pd.DataFrame, zone: tzinfo) -> pd.DataFrame:
    """Return a frame with its times as a clock on the wall in a zone shows them.

    What draws a time that has no zone draws it as it is; one with a zone it puts into that of the
    browser.
    """
    times = frame.select_dtypes("datetimetz").columns
    walls = {name: frame[name].dt.tz_convert(zone).dt.tz_localize(None) for name in times}
    return frame.assign(**walls)


def runs_frame(minutes: Sequence[TimelineBucket], length: int) -> pd.DataFrame:
    """Return columns start (UTC), outcome and runs: two rows a minute.

    Args:
        minutes: The timeline, oldest first.
        length: Minutes of the frame. It ends with the timeline's last one; before its first
            there was nothing.
    """
    counts = [(each.start, each.runs, each.errors) for each in minutes[-length:]]
    if counts:
        first = counts[0][0]
        missing = range(length - len(counts), 0, -1)
        counts = [(first - timedelta(minutes=before), 0, 0) for before in missing] + counts
    rows = [
        (start, str(outcome), number)
        for start, runs, errors in counts
        for outcome, number in ((WITHOUT_ERROR, runs - errors), (WITH_ERROR, errors))
    ]
    return pd.DataFrame(rows, columns=["start", "outcome", "runs"])


def exercises_frame(exercises: Sequence[ExerciseProgress]) -> pd.DataFrame:
    """Return columns exercise, started, solved (students), evidence and errors: a row an exercise.

    The evidence of `solved` is `PASSED_CHECK` or the weaker `RAN_ONLY`; errors is the share of the
    runs.
    """
    rows = [
        (
            each.exercise,
            each.started,
            each.passed,
            str(PASSED_CHECK if each.passed_by == "check" else RAN_ONLY),
            each.error_rate,
        )
        for each in exercises
    ]
    return pd.DataFrame(rows, columns=["exercise", "started", "solved", "evidence", "errors"])


def history_frame(events: Sequence[HistoryEvent]) -> pd.DataFrame:
    """Return columns time (UTC), place, outcome (a word) and error: one row an entry."""
    rows = [
        (
            min(event.occurred_at, event.received_at),
            where(event.exercise, event.notebook) or NEVER,
            str(KINDS[kind]),
            event.error_name or "",
        )
        for event in events
        if (kind := kind_of(event)) is not None
    ]
    return pd.DataFrame(rows, columns=["time", "place", "outcome", "error"])


def marks_frame(marks: Sequence[ClassMark]) -> pd.DataFrame:
    """Return columns time (UTC) and text: a row for each thing that an instructor noted."""
    rows = [(each.at, each.text) for each in marks]
    return pd.DataFrame(rows, columns=["time", "text"])


def stream_frame(stream: ClassStream | ReportStream) -> pd.DataFrame:
    """Return columns start (UTC), exercise, students, share, below and above: a row a step and one.

    share is that of all who were anywhere at the end of the step; it lies between below and above,
    the exercises on top of each other, the first one lowest.
    """
    rows = []
    for place, start in enumerate(stream.steps):
        everybody = sum(each.students[place] for each in stream.exercises)
        below = 0.0
        for each in stream.exercises:
            share = each.students[place] / everybody
            rows.append((start, each.exercise, each.students[place], share, below, below + share))
            below += share
    return pd.DataFrame(rows, columns=["start", "exercise", "students", "share", "below", "above"])
