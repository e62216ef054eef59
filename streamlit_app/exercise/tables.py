"""What stands beside the charts of the Exercise page, as HTML."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Final

import pandas as pd

from analytics.attention.responses import ErrorCluster, Listed
from analytics.measures.responses import MeasureRow
from analytics.responses import TimelineBucket
from streamlit_app.addresses import address
from streamlit_app.attention.cards import SURE
from streamlit_app.attention.reasons import reason_sentence
from streamlit_app.language.formats import day_and_clock
from streamlit_app.language.text import Plural, Text
from streamlit_app.measures.wording import NOT_ENOUGH, span
from streamlit_app.page_parts.tables import Column, row_cells, table, what_failed
from streamlit_app.page_parts.wording import age, percent
from streamlit_app.session import local_zone

STATES: Final = {
    "not_started": (Text("not started"), "waiting"),
    "started": (Text("started"), "working"),
    "attempted": (Text("attempted"), "working"),
    "solved": (Text("solved"), "solved"),
}
RAN_ONLY: Final = Text("ran only (no check)")
STATE_COLUMNS: Final = (
    Column(Text("How far")),
    Column(Text("Students"), is_number=True),
    Column(Text("Of the class"), is_number=True),
)
STATES_CAPTION: Final = Text("How many students came how far")
QUARTERS: Final = {
    "first_quarter": Text("a quarter of them"),
    "value": Text("half of them"),
    "third_quarter": Text("three quarters of them"),
}
QUARTER_COLUMNS: Final = (Column(Text("Solved by")), Column(Text("After"), is_number=True))
QUARTERS_CAPTION: Final = Text("After which time how many had solved it")
ATTEMPT_COLUMNS: Final = (
    Column(Text("From")),
    Column(Text("Runs"), is_number=True),
    Column(Text("With an error"), is_number=True),
)
ATTEMPTS_CAPTION: Final = Text("Runs of each quarter of an hour")
SHARED_CODE: Final = Text("Code that was shared: what failed, and what then worked")
FAILED_LINES: Final = Text("Lines that failed")
GOT_PAST_WITH: Final = Text("One got past it with")
LINE: Final = Plural("{line}    # {n} student", "{line}    # {n} students")

#: The shortest timeline that is drawn, in steps.
_SHORTEST: Final = 30
_QUARTER_HOUR: Final = timedelta(minutes=15)


def states_frame(row: MeasureRow, students: int) -> pd.DataFrame:
    """Return columns state, students and kind: how far the students are, from the first state on.

    Each of those who attempted it is also among those who started it, and so on; without a number
    of the class there are no rows.

    Args:
        row: Of the measure progress, by exercise. It has only who ran anything in the course.
        students: How many are in the course.
    """
    extra = row.model_extra or {}
    numbers = {name: extra.get(name) for name in ("pairs", "started", "attempted", "solved")}
    counts = {name: each for name, each in numbers.items() if isinstance(each, int)}
    if len(counts) < len(numbers):
        return pd.DataFrame([], columns=["state", "students", "kind"])
    counts["not_started"] = max(counts["pairs"], students) - counts["started"]
    ran_only = extra.get("solved_by") == "run"
    rows = [
        (str(RAN_ONLY if name == "solved" and ran_only else word), counts[name], kind)
        for name, (word, kind) in STATES.items()
    ]
    return pd.DataFrame(rows, columns=["state", "students", "kind"])


def states_table(states: pd.DataFrame) -> str:
    """Return one row a state, with its share of the class."""
    numbers = [int(number) for number in states["students"]]
    everybody = sum(numbers[:2])
    rows = []
    for state, number in zip(states["state"], numbers, strict=True):
        share = number / everybody if everybody else None
        cells = [escape(str(state)), str(number), percent(share)]
        rows.append(f"<tr>{row_cells(STATE_COLUMNS, cells, first_names_row=True)}</tr>")
    return table("states-table", STATES_CAPTION, STATE_COLUMNS, rows)


def quarters_table(row: MeasureRow) -> str:
    """Return after which times a quarter, half and three quarters had solved an exercise."""
    times = {"value": row.value, **(row.model_extra or {})}
    rows = []
    for name, words in QUARTERS.items():
        time = times.get(name)
        said = span(time) if isinstance(time, int | float) else str(NOT_ENOUGH)
        rows.append(
            f"<tr>{row_cells(QUARTER_COLUMNS, [str(words), said], first_names_row=True)}</tr>"
        )
    return table("quarters-table", QUARTERS_CAPTION, QUARTER_COLUMNS, rows)


def busy(buckets: Sequence[TimelineBucket]) -> int:
    """Return the length of a timeline without the empty steps before the first run."""
    empty = next((place for place, each in enumerate(buckets) if each.events), len(buckets))
    return max(_SHORTEST, len(buckets) - empty)


def attempts_table(buckets: Iterable[TimelineBucket]) -> str:
    """Return the runs of each quarter of an hour in which there were any."""
    runs: Counter[datetime] = Counter()
    errors: Counter[datetime] = Counter()
    for bucket in buckets:
        since_midnight = timedelta(hours=bucket.start.hour, minutes=bucket.start.minute)
        quarter = bucket.start - since_midnight % _QUARTER_HOUR
        runs[quarter] += bucket.runs
        errors[quarter] += bucket.errors
    rows = []
    for start in sorted(runs):
        if runs[start]:
            when = start.astimezone(local_zone())
            time = f'<time datetime="{when.isoformat()}">{day_and_clock(when)}</time>'
            cells = [time, str(runs[start]), str(errors[start])]
            rows.append(f"<tr>{row_cells(ATTEMPT_COLUMNS, cells, first_names_row=True)}</tr>")
    return table("attempts-table", ATTEMPTS_CAPTION, ATTEMPT_COLUMNS, rows)


def stuck_list(
    listed: Iterable[Listed], names: Mapping[str, str], course_id: str, now: datetime
) -> str:
    """Return who needs a person, as `names` calls them, with a link, how sure, since when, why."""
    items = []
    for each in listed:
        link = address("student", course=course_id, student=each.student_id)
        name = escape(names.get(each.student_id, each.student_id))
        reasons = "".join(f"<p>{escape(reason_sentence(reason))}</p>" for reason in each.reasons)
        items.append(
            f'<li><a href="{link}" title="{escape(each.student_id)}">{name}</a> '
            f'<span class="cp-muted">{SURE[each.confidence]} · {age(each.since, now)}</span>'
            f"{reasons}</li>"
        )
    return f'<ul class="cp-stuck" data-testid="stuck">{"".join(items)}</ul>'


def shared_code(clusters: Sequence[ErrorCluster]) -> str:
    """Return, for each failure of which code was shared, what failed beside what then worked.

    Without any shared code it is ''.
    """
    written = []
    for each in clusters:
        lines = [LINE.format(told.students, line=told.line) for told in each.lines]
        parts = [(FAILED_LINES, "\n".join(lines)), (GOT_PAST_WITH, each.fixed_code or "")]
        blocks = "".join(
            f"<section><p>{label}</p><pre>{escape(code)}</pre></section>"
            for label, code in parts
            if code
        )
        if blocks:
            written.append(f"<h3>{what_failed(each)}</h3><div>{blocks}</div>")
    if not written:
        return ""
    return (
        f'<details class="cp-code" data-testid="shared-code"><summary>{SHARED_CODE}</summary>'
        f"{''.join(written)}</details>"
    )
