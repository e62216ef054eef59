"""The students of a class, and what one of them did, as HTML. All data is escaped."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, tzinfo
from html import escape
from typing import Final

from analytics.responses import HistoryEvent, StudentState
from streamlit_app.addresses import address
from streamlit_app.language.formats import day_and_exact_clock
from streamlit_app.language.text import Text
from streamlit_app.page_parts.people import called
from streamlit_app.page_parts.tables import Column, glyph, opens_to, row_cells, table
from streamlit_app.page_parts.wording import (
    age,
    ago,
    duration,
    kind_of,
    kind_of_run,
    percent,
    where,
)

#: From so many errors in a row on, a student's row is tinted.
LONG_STREAK: Final = 3
_LONGEST_MESSAGE = 160
#: Where the cell of a run can be opened, by its notebook and its id; None for nowhere.
CellLink = Callable[[str | None, str | None], str | None]
CLASS_COLUMNS: Final = (
    Column(Text("Student")),
    Column(Text("Where")),
    Column(Text("Last run")),
    Column(Text("Errors in a row"), is_number=True),
    Column(Text("Runs"), is_number=True, on_phone=False),
    Column(Text("With an error"), is_number=True, on_phone=False),
    Column(Text("Last seen"), is_number=True),
)
HISTORY_COLUMNS: Final = (
    Column(Text("Time")),
    Column(Text("Where")),
    Column(Text("What")),
    Column(Text("Took"), is_number=True, on_phone=False),
    Column(Text("After a pause of"), is_number=True, on_phone=False),
    Column(Text("Error or message")),
)
CLASS_CAPTION: Final = Text("The class, one row a student")
HISTORY_CAPTION: Final = Text("What the student did, newest first")


def class_table(students: Iterable[StudentState], course_id: str, now: datetime) -> str:
    """Return one row a student, ordered by name so that rows stay where they are."""
    rows = []
    shown = list(students)
    names = called((each.student_id, each.display_name) for each in shown)
    for student in sorted(shown, key=lambda each: names[each.student_id].casefold()):
        link = address("student", course=course_id, student=student.student_id)
        streak = student.error_streak
        cells = [
            f'<a href="{link}"{_hint(student)}>{escape(names[student.student_id])}</a>',
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
    is_named = student.display_name is not None
    told = ", ".join(filter(None, (student.student_id if is_named else None, student.section)))
    return f' title="{escape(told)}"' if told else ""


def history_table(events: Sequence[HistoryEvent], zone: tzinfo, link: CellLink) -> str:
    """Return one row an entry, newest first, in the instructor's time zone."""
    shown = [(event, kind) for event in events if (kind := kind_of(event)) is not None]
    times = [min(event.occurred_at, event.received_at).astimezone(zone) for event, _ in shown]
    rows = []
    for (event, kind), when, before in zip(shown, times, [*times[1:], None], strict=False):
        cells = [
            f'<time datetime="{when.isoformat()}">{day_and_exact_clock(when)}</time>',
            _place(event, link),
            glyph(kind),
            duration(event.duration_ms),
            "" if before is None else age(before, when),
            _message(event),
        ]
        rows.append(f"<tr>{row_cells(HISTORY_COLUMNS, cells)}</tr>")
    return table("history-table", HISTORY_CAPTION, HISTORY_COLUMNS, rows)


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
    told = (message or "").strip()
    line = told.split("\n")[0]
    short = line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]}…"
    if not (line or event.error_name):
        return ""
    name = f"<b>{escape(event.error_name)}</b> " if event.error_name else ""
    shown = f"{name}{escape(short)}"
    return f"<span>{shown}</span>" if short == told else opens_to(shown, escape(told))
