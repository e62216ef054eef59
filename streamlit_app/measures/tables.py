"""What stands beside a measure's chart, as HTML: its rows, the runs behind, and what it means."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from analytics.measures.responses import MeasureDefinition, MeasureRow
from analytics.responses import CourseEvent
from streamlit_app.addresses import address
from streamlit_app.language.formats import day_and_exact_clock
from streamlit_app.language.measure_units import without_unit
from streamlit_app.language.text import Text
from streamlit_app.measures.choice import GRAINS, Choice
from streamlit_app.measures.wording import (
    exercise_name,
    heading,
    in_english,
    measured,
    shown_unit,
    title_of,
    told,
)
from streamlit_app.page_parts.tables import Column, glyph, row_cells, table
from streamlit_app.page_parts.wording import kind_of
from streamlit_app.session import local_zone

CLASS: Final = Text("Class")
STUDENT: Final = Text("Student")
EXERCISE: Final = Text("Exercise")
COLUMN: Final = Text("Column")
VALUE: Final = Text("{title}, {unit}")
MEANING: Final = Text("Meaning")
VALUES_CAPTION: Final = Text("{title}, a row for each {grain}")
COLUMNS_CAPTION: Final = Text("{title} of the class, with the numbers behind it")
RUNS_CAPTION: Final = Text("The runs behind the number, newest first")
TIME: Final = Text("Time")
WHAT: Final = Text("What")
ERROR: Final = Text("Error")
ADDS: Final = Text("Adds, {unit}")
NOTHING: Final = "\N{EN DASH}"
ABOUT: Final[Mapping[str, Text]] = {
    "meaning": Text("Meaning"),
    "formula": Text("Formula"),
    "unit": Text("Unit"),
    "source": Text("Source"),
    "adapted": Text("Adapted to notebooks"),
    "limits": Text("Limits"),
}


def values_table(
    rows: Sequence[MeasureRow], called: Mapping[str, str], choice: Choice, course_id: str
) -> str:
    """Return one row a number, each with a link to the runs behind it.

    Args:
        rows: By exercise, student, or both.
        called: How students are called, by id.
        choice: What was asked.
        course_id: The course.
    """
    definition = choice.definition
    of_student = choice.by in ("student", "student_exercise")
    of_exercise = choice.by in ("exercise", "student_exercise")
    further = [name for name in definition.columns if name != "value" and _is_told(rows, name)]
    title = VALUE.format(title=title_of(definition), unit=shown_unit(definition.unit))
    columns = [
        *[Column(STUDENT)] * of_student,
        *[Column(EXERCISE)] * of_exercise,
        Column(escape(title), is_number=True),
        *(
            Column(escape(heading(without_unit(name))), is_number=True, on_phone=False)
            for name in further
        ),
    ]
    written = []
    for row in rows:
        student = row.student_id if of_student else choice.student
        exercise = (row.exercise or "") if of_exercise else choice.exercise
        query = choice.address(by="run", student=student, exercise=exercise)
        link = address("measures", course=course_id, **query)
        who = called.get(row.student_id or "", row.student_id or "")
        names = [who] * of_student + [exercise_name(row.exercise)] * of_exercise
        names[0] = f'<a href="{link}">{escape(names[0])}</a>'
        names[1:] = map(escape, names[1:])
        extra = row.model_extra or {}
        cells = [
            *names,
            _value(row.value, definition.unit),
            *(escape(told(name, extra.get(name), definition.unit)) for name in further),
        ]
        written.append(f"<tr>{row_cells(columns, cells, first_names_row=True)}</tr>")
    caption = VALUES_CAPTION.format(title=title_of(definition), grain=GRAINS[choice.by])
    return table("values-table", caption, columns, written)


def columns_table(row: MeasureRow, definition: MeasureDefinition) -> str:
    """Return one row a column of the class's number, with what each means."""
    extra = {"value": row.value, **(row.model_extra or {})}
    columns = [Column(COLUMN), Column(CLASS, is_number=True), Column(MEANING)]
    written = []
    for name, meaning in definition.columns.items():
        if name == "value":
            number, label = _value(row.value, definition.unit), title_of(definition)
        elif name in extra and not isinstance(extra[name], list):
            number = escape(told(name, extra[name], definition.unit)) or NOTHING
            label = heading(without_unit(name))
        else:
            continue
        cells = [escape(label), number, escape(str(Text(meaning)))]
        written.append(f"<tr>{row_cells(columns, cells, first_names_row=True)}</tr>")
    caption = COLUMNS_CAPTION.format(title=title_of(definition))
    return table("columns-table", caption, columns, written)


def runs_table(
    events: Sequence[CourseEvent],
    called: Mapping[str, str],
    values: Mapping[str, float | None],
    choice: Choice,
    course_id: str,
) -> str:
    """Return one row a run or check result that a number is made of, newest first.

    Args:
        events: The runs and check results.
        called: How students are called, by id.
        values: What each adds to the number, by its position.
        choice: What was asked.
        course_id: The course.
    """
    definition = choice.definition
    columns = [
        Column(TIME),
        Column(STUDENT),
        Column(EXERCISE),
        Column(WHAT),
        Column(ERROR, on_phone=False),
        Column(escape(ADDS.format(unit=shown_unit(definition.unit))), is_number=True),
    ]
    written = []
    for event in events:
        when = min(event.occurred_at, event.received_at).astimezone(local_zone())
        link = address("student", course=course_id, student=event.student_id)
        value = values.get(event.position)
        cells = [
            f'<time datetime="{when.isoformat()}">{day_and_exact_clock(when)}</time>',
            f'<a href="{link}">{escape(called.get(event.student_id, event.student_id))}</a>',
            escape(exercise_name(event.exercise)),
            glyph(kind_of(event)),
            escape(event.error_name or ""),
            NOTHING if value is None else measured(value, definition.unit),
        ]
        written.append(f"<tr>{row_cells(columns, cells)}</tr>")
    return table("runs-table", RUNS_CAPTION, columns, written)


def about(definition: MeasureDefinition) -> str:
    """Return what a measure means, from its own header, with its source as a link."""
    parts = "".join(
        f"<dt>{label}</dt><dd>{_text(definition, name)}</dd>" for name, label in ABOUT.items()
    )
    return f'<dl class="cp-about" data-testid="about">{parts}</dl>'


def _text(definition: MeasureDefinition, name: str) -> str:
    text = getattr(definition, name)
    return in_english(text) if name == "source" else escape(str(Text(text)))


def _value(value: float | None, unit: str) -> str:
    if value is None:
        return f'<span class="cp-muted">{measured(None, unit)}</span>'
    return f"<b>{measured(value, unit)}</b>"


def _is_told(rows: Sequence[MeasureRow], name: str) -> bool:
    """Tell whether any row has a single value in a column."""
    values = ((row.model_extra or {}).get(name) for row in rows)
    return any(value is not None and not isinstance(value, list) for value in values)
