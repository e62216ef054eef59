"""A student's measures: each with its “?”, in front of how the class is spread, never as a rank."""

from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from statistics import quantiles
from typing import Final

import streamlit as st

from analytics.measures.responses import MeasureRow, MeasureRows
from streamlit_app import session
from streamlit_app.addresses import address
from streamlit_app.api.client import ApiClient
from streamlit_app.api.errors import NumbersUnavailableError
from streamlit_app.api.measures import MeasureQuery
from streamlit_app.language.text import Text
from streamlit_app.measures.facts import Fact, facts
from streamlit_app.measures.wording import as_of, ends, measured
from streamlit_app.page_parts.layout import card_title

TITLE: Final = Text("In numbers")
NOTE: Final = Text("bars: the class, the mark: {student} · {time}")
OF_CLASS: Final = Text("class")
SPREAD: Final = Text(
    "The class is from {lowest} to {highest}, half of it between {first} and {third}. "
    "{student}: {own}."
)

#: The measures of a student, in this order; those that the API has.
SHOWN: Final = (
    "progress",
    "time_on_task",
    "error_quotient",
    "repeated_error_density",
    "watwin",
    "npsm",
    "idle",
)
#: With fewer numbers of the class there is nothing to be compared with.
FEWEST: Final = 5
BARS: Final = 24
#: The measures read the whole log: they are asked for at most this often, in seconds.
ASK_SECONDS: Final = 60


def show(course_id: str, student_id: str, name: str) -> None:
    """Draw the card, in which the student is called `name`."""
    with st.container(border=True, key="measures"):
        try:
            latest = session.latest(
                f"{course_id}/student_measures",
                partial(_ask, session.api(), course_id),
                every=ASK_SECONDS,
            )
        except NumbersUnavailableError as error:
            card_title(TITLE)
            st.html(f'<p class="cp-muted">{escape(str(error))}</p>')
            return
        measures = latest.numbers
        times = [as_of(rows.as_of.time) for rows in measures.values()]
        card_title(TITLE, NOTE.format(student=name, time=times[0] if times else ""))
        st.html(facts(_fact(rows, course_id, student_id, name) for rows in measures.values()))


def _ask(api: ApiClient, course_id: str) -> Mapping[str, MeasureRows]:
    known = {measure.name for measure in api.measures().measures}
    query = MeasureQuery("student")
    return {name: api.measure(course_id, name, query) for name in SHOWN if name in known}


def _fact(rows: MeasureRows, course_id: str, student_id: str, name: str) -> Fact:
    own = next((row for row in rows.rows if row.student_id == student_id), MeasureRow())
    numbers = [row.value for row in rows.rows if row.value is not None]
    link = address(
        "measures",
        course=course_id,
        measure=rows.measure.name,
        by="student_exercise",
        student=student_id,
    )
    picture = spread(numbers, own.value, rows.measure.unit, name)
    return Fact(rows.measure, own, link, picture)


def spread(numbers: Sequence[float], own: float | None, unit: str, student: str) -> str:
    """Return how many of the class have which value as small bars, the student's own marked.

    It is '' where there are fewer than `FEWEST` numbers.
    """
    if len(numbers) < FEWEST:
        return ""
    low, high = ends(unit) or (min(numbers), max(numbers))
    counts = [0] * BARS
    for number in numbers:
        counts[_bar(number, low, high)] += 1
    own_bar = None if own is None else _bar(own, low, high)
    bars = "".join(
        f'<i{" data-own" if bar == own_bar else ""} style="height:{_height(count, counts)}%"></i>'
        for bar, count in enumerate(counts)
    )
    first, _, third = quantiles(numbers, n=4, method="inclusive")
    said = SPREAD.format(
        lowest=measured(min(numbers), unit),
        highest=measured(max(numbers), unit),
        first=measured(first, unit),
        third=measured(third, unit),
        student=student,
        own=measured(own, unit),
    )
    edges = "".join(
        f"<span>{escape(text)}</span>"
        for text in (measured(low, unit), str(OF_CLASS), measured(high, unit))
    )
    return (
        f'<div class="cp-spread" data-testid="spread" role="img" aria-label="{escape(said)}" '
        f'title="{escape(said)}">{bars}</div><p class="cp-ends" aria-hidden="true">{edges}</p>'
    )


def _bar(number: float, low: float, high: float) -> int:
    if high <= low:
        return 0
    return max(0, min(BARS - 1, int((number - low) / (high - low) * BARS)))


def _height(count: int, counts: Sequence[int]) -> int:
    """Return the height of a bar in percent; one of a single student can be seen too."""
    return 0 if count == 0 else max(12, round(100 * count / max(counts)))
