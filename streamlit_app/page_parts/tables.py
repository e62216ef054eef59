"""The tables, as HTML that a keyboard and a screen reader understand. All data is escaped."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import escape
from typing import Final

from analytics.attention.responses import ErrorCluster
from analytics.class_view.responses import ClassStream
from analytics.responses import ExerciseProgress, HistoryEvent, StudentState
from streamlit_app.addresses import address
from streamlit_app.language.formats import day_and_exact_clock
from streamlit_app.language.text import Text
from streamlit_app.page_parts.wording import (
    KINDS,
    NEW,
    UNNAMED,
    ago,
    duration,
    file_name,
    got_past,
    kind_of,
    kind_of_run,
    percent,
    where,
)

#: From so many errors in a row on, a student's row is tinted.
LONG_STREAK: Final = 3
RAN_ONLY: Final = (
    Text("ran only"),
    Text("No check was ever reported here: these students only ran it without an error"),
)
_LONGEST_MESSAGE = 160
#: Where the cell of a run can be opened, by its notebook and its id; None for nowhere.
CellLink = Callable[[str | None, str | None], str | None]


@dataclass(frozen=True)
class Column:
    """A column's heading; numbers are set to the right, and a phone may leave it out."""

    heading: str | Text
    is_number: bool = False
    on_phone: bool = True

    @property
    def attribute(self) -> str:
        """The class attribute of its cells."""
        names = ["cp-number"] * self.is_number + ["cp-wide"] * (not self.on_phone)
        return f' class="{" ".join(names)}"' if names else ""


CLASS_COLUMNS: Final = (
    Column(Text("Student")),
    Column(Text("Where")),
    Column(Text("Last run")),
    Column(Text("Errors in a row"), is_number=True),
    Column(Text("Runs"), is_number=True, on_phone=False),
    Column(Text("With an error"), is_number=True, on_phone=False),
    Column(Text("Last seen"), is_number=True),
)
EXERCISE_COLUMNS: Final = (
    Column(Text("Exercise")),
    Column(Text("Notebook"), on_phone=False),
    Column(Text("Started"), is_number=True),
    Column(Text("Solved"), is_number=True),
    Column(Text("Runs with an error"), is_number=True),
)
CLUSTER_COLUMNS: Final = (
    Column(Text("Students"), is_number=True),
    Column(Text("Failure")),
    Column(Text("Where"), on_phone=False),
    Column(Text("Since"), is_number=True),
    Column(Text("Got past it"), on_phone=False),
)
HISTORY_COLUMNS: Final = (
    Column(Text("Time")),
    Column(Text("Where")),
    Column(Text("What")),
    Column(Text("Took"), is_number=True, on_phone=False),
    Column(Text("Error or message")),
)
STREAM_COLUMNS: Final = (
    Column(Text("Exercise")),
    Column(Text("Students"), is_number=True),
    Column(Text("Of the class"), is_number=True),
)
STREAM_CAPTION: Final = Text("Where the class is now")
CLASS_CAPTION: Final = Text("The class, one row a student")
EXERCISE_CAPTION: Final = Text("The exercises")
CLUSTER_CAPTION: Final = Text("The same failure, across students")
HISTORY_CAPTION: Final = Text("What the student did, newest first")


def class_table(students: Iterable[StudentState], course_id: str, now: datetime) -> str:
    """Return one row a student, ordered by name so that rows stay where they are."""
    rows = []
    for student in sorted(students, key=lambda each: each.student_id.casefold()):
        link = address("student", course=course_id, student=student.student_id)
        streak = student.error_streak
        cells = [
            f'<a href="{link}"{_hint(student)}>{escape(student.student_id)}</a>',
            escape(where(student.exercise, student.notebook)),
            glyph(kind_of_run(student.last_status)),
            f'<b class="cp-alarm">{streak}</b>' if streak >= LONG_STREAK else str(streak or ""),
            str(student.runs),
            percent(student.error_rate),
            ago(student.last_seen_at, now),
        ]
        tint = ' class="cp-tint"' if streak >= LONG_STREAK else ""
        rows.append(f"<tr{tint}>{row_cells(CLASS_COLUMNS, cells, first_names_row=True)}</tr>")
    return table("class-table", CLASS_CAPTION, CLASS_COLUMNS, rows)


def _hint(student: StudentState) -> str:
    """Return what the roster says of a student, as a hint of the link."""
    told = ", ".join(filter(None, (student.display_name, student.section)))
    return f' title="{escape(told)}"' if told else ""


def exercise_table(exercises: Iterable[ExerciseProgress], course_id: str | None = None) -> str:
    """Return one row an exercise, in the order of the course; with a course, names are links."""
    rows = []
    for each in exercises:
        solved = str(each.passed)
        if each.passed_by != "check":
            word, meaning = RAN_ONLY
            solved = f'<span class="cp-weak" title="{escape(str(meaning))}">{word} {solved}</span>'
        name = escape(each.exercise)
        if course_id is not None:
            link = address("exercise", course=course_id, exercise=each.exercise)
            name = f'<a href="{link}">{name}</a>'
        cells = [
            name,
            escape(file_name(each.notebook)),
            str(each.started),
            solved,
            percent(each.error_rate),
        ]
        rows.append(f"<tr>{row_cells(EXERCISE_COLUMNS, cells, first_names_row=True)}</tr>")
    return table("exercise-table", EXERCISE_CAPTION, EXERCISE_COLUMNS, rows)


def stream_table(stream: ClassStream) -> str:
    """Return how many students are at each exercise now, for who can't see the chart of it."""
    everybody = sum(each.students[-1] for each in stream.exercises)
    rows = []
    for each in stream.exercises:
        here = each.students[-1]
        share = percent(here / everybody if everybody else None)
        cells = [escape(each.exercise), str(here), share]
        rows.append(f"<tr>{row_cells(STREAM_COLUMNS, cells, first_names_row=True)}</tr>")
    return _bare_table("stream-table", STREAM_CAPTION, STREAM_COLUMNS, rows, " cp-hidden")


def cluster_table(clusters: Iterable[ErrorCluster], now: datetime) -> str:
    """Return one row a failure that students share; names and messages as they were in a hint."""
    rows = []
    for each in clusters:
        names = ", ".join(student.student_id for student in each.who)
        messages = "\n".join(told.message for told in each.messages)
        cells = [
            f'<span title="{escape(names)}">{each.students}</span>',
            f'<span title="{escape(messages)}">{_failure(each)}</span>',
            escape(", ".join(place.exercise or "" for place in each.exercises)),
            f'<b class="cp-alarm">{NEW}</b>' if each.is_new else ago(each.since, now),
            f'<span title="{escape(each.fixed_code or "")}">{escape(got_past(each))}</span>',
        ]
        rows.append(f"<tr>{row_cells(CLUSTER_COLUMNS, cells)}</tr>")
    return table("cluster-table", CLUSTER_CAPTION, CLUSTER_COLUMNS, rows)


def history_table(events: Sequence[HistoryEvent], zone: tzinfo, link: CellLink) -> str:
    """Return one row an entry, newest first, in the instructor's time zone."""
    rows = []
    for event in events:
        kind = kind_of(event)
        if kind is None:
            continue
        when = min(event.occurred_at, event.received_at).astimezone(zone)
        cells = [
            f'<time datetime="{when.isoformat()}">{day_and_exact_clock(when)}</time>',
            _place(event, link),
            glyph(kind),
            duration(event.duration_ms),
            _message(event),
        ]
        rows.append(f"<tr>{row_cells(HISTORY_COLUMNS, cells)}</tr>")
    return table("history-table", HISTORY_CAPTION, HISTORY_COLUMNS, rows)


def glyph(kind: str | None, word: str | None = None) -> str:
    """Return the shape of a kind and the word for it, else another: neither stands alone."""
    if kind is None:
        return ""
    mark = f'<span class="cp-glyph" data-kind="{kind}" aria-hidden="true"></span>'
    shown = escape(word or str(KINDS[kind]))
    return f'<span class="cp-outcome">{mark}<span class="cp-word">{shown}</span></span>'


def _failure(cluster: ErrorCluster) -> str:
    return f"<b>{escape(cluster.error_name or str(UNNAMED))}</b> {escape(cluster.pattern or '')}"


def _place(event: HistoryEvent, link: CellLink) -> str:
    place = escape(where(event.exercise, event.notebook))
    opens = link(event.notebook, event.cell_id)
    if opens is None:
        return place
    return f'<a href="{escape(opens)}" target="_blank" rel="noreferrer">{place}</a>'


def _message(event: HistoryEvent) -> str:
    if event.type == "check_result":
        return "" if event.check_name == event.exercise else escape(event.check_name or "")
    message = event.help_message if event.type == "help_requested" else event.error_message
    line = (message or "").strip().split("\n")[0]
    short = line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]}…"
    name = f"<b>{escape(event.error_name)}</b> " if event.error_name else ""
    return f'<span title="{escape(message or "")}">{name}{escape(short)}</span>'


def row_cells(
    columns: Sequence[Column], cells: Sequence[str], *, first_names_row: bool = False
) -> str:
    written = [
        f"<td{column.attribute}>{cell}</td>" for column, cell in zip(columns, cells, strict=True)
    ]
    if first_names_row:
        written[0] = f'<th scope="row">{cells[0]}</th>'
    return "".join(written)


def table(test_id: str, caption: str | Text, columns: Sequence[Column], rows: Sequence[str]) -> str:
    written = _bare_table(test_id, caption, columns, rows)
    return (
        f'<div class="cp-scroll" tabindex="0" role="region" aria-label="{caption}">{written}</div>'
    )


def _bare_table(
    test_id: str,
    caption: str | Text,
    columns: Sequence[Column],
    rows: Sequence[str],
    further_class: str = "",
) -> str:
    head = "".join(f'<th scope="col"{column.attribute}>{column.heading}</th>' for column in columns)
    return (
        f'<table class="cp-table{further_class}" data-testid="{test_id}">'
        f'<caption class="cp-hidden">{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )
