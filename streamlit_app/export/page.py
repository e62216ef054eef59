"""The Export page: a course as files, made in the background and taken away as a zip file."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from html import escape
from typing import Final, get_args

import streamlit as st

from analytics.export.responses import Export, ExportFormat, ExportRequest
from streamlit_app import session
from streamlit_app.addresses import put
from streamlit_app.api.errors import (
    AwayError,
    ConflictError,
    NotKnownError,
    NumbersUnavailableError,
    TooManyError,
    Words,
    why_not,
)
from streamlit_app.bar import projector
from streamlit_app.export.file import link_to
from streamlit_app.language.formats import clock, day_and_clock, number
from streamlit_app.language.text import Text
from streamlit_app.page_parts import notices
from streamlit_app.page_parts.layout import card_title
from streamlit_app.page_parts.part import part
from streamlit_app.page_parts.wording import NEVER

TITLE: Final = Text("Export")
NEW: Final = (Text("New export"), Text("it is made in the background, while the class goes on"))
MADE: Final = (Text("Exports"), Text("kept for a day; whoever may see this course sees them"))
NONE_YET: Final = Text("No export of this course is kept. Choose a format and start one.")
FORMAT: Final = Text("Format")
#: Format → its name, what is in it, and whom it names.
FORMATS: Final[dict[ExportFormat, tuple[Text, Text, Text]]] = {
    "parquet": (
        Text("Parquet"),
        Text(
            "Every event and the tables made of them, one file each, with a data dictionary. For "
            "Python, R and DuckDB."
        ),
        Text(
            "Students stand in it by the ids that they have here, with code, output, messages and "
            "questions that they shared."
        ),
    ),
    "csv": (
        Text("CSV"),
        Text("The same tables as text files, for spreadsheets and everything else."),
        Text(
            "Students stand in it by the ids that they have here, with code, output, messages and "
            "questions that they shared."
        ),
    ),
    "progsnap2": (
        Text("ProgSnap2"),
        Text(
            "The events in the form in which programming courses are compared: a main table, code "
            "states and link tables."
        ),
        Text(
            "Students stand in it by the ids that they have here, with code and messages that they "
            "shared."
        ),
    ),
    "xapi": (
        Text("xAPI"),
        Text("Statements for a learning record store: runs, checks and solved exercises."),
        Text(
            "Students are pseudonyms. Whoever has this installation's key can tell who is who. "
            "There is no code and no word of a student in it."
        ),
    ),
    "bundle": (
        Text("Bundle to publish from"),
        Text("The tables as Parquet and CSV with a data dictionary, a citation and checksums."),
        Text(
            "It names nobody: pseudonyms of the study, texts without names, times moved by weeks, "
            "and groups that are too small left out. Read its report before you publish."
        ),
    ),
}
INSIDE: Final = Text("What is in it")
NAMES: Final = Text("Whom it names")
SECTION: Final = Text("Section")
ALL: Final = Text("Everybody")
FROM: Final = Text("From day")
TO: Final = Text("To day, included")
STUDY: Final = Text("Name of the study")
STUDY_WHY: Final = Text("Each study has pseudonyms of its own.")
SMALLEST: Final = Text("Smallest group")
SMALLEST_WHY: Final = Text("What fewer students have in common is left out.")
WITH_CODE: Final = Text("With code and output that were shared")
WITH_HELP: Final = Text("With what students asked")
START: Final = Text("Start the export")
STARTED: Final = Text("The export has been started.")
NOT_STARTED: Final[Words] = {
    ConflictError: Text("An export of this course is running already. Wait until it is done."),
    TooManyError: Text(
        "Exports of other courses are running, so nothing was started. "
        "Start it again in some minutes."
    ),
    AwayError: Text(
        "Nothing was started: a part of Cellpulse does not answer, or has no room for the file. "
        "Start it again later; if that does not help, tell whoever runs Cellpulse."
    ),
}
NOT_CANCELLED: Final[Words] = {NotKnownError: Text("There is no such export any more.")}
NO_STUDY: Final = Text("Give the study a name: each study has pseudonyms of its own.")
WRONG_ORDER: Final = Text("The first day must not be after the last one.")
RUNNING: Final = Text("{done} of {total} events")
READING: Final = Text("reading the course")
PACKING: Final = Text("packing the file")
#: Of the same formats in a pseudonymous course.
PSEUDONYMS: Final = Text(
    "Students are pseudonyms in it, as in everything that is kept of this course; so are their "
    "names in what they shared."
)
WHOLE_COURSE: Final = Text("Whoever sees the whole course can export it.")
HIDDEN: Final = Text("Names are hidden now, and this file has them.")
#: Formats in which no student stands by the id that they have here.
NAMELESS: Final[frozenset[ExportFormat]] = frozenset({"bundle", "xapi"})
DOWNLOAD: Final = Text("Download ({size})")
KEPT_UNTIL: Final = Text("kept until {time}")
CANCEL: Final = Text("Cancel")
CANCELLED: Final = Text("It was cancelled.")
CANCELLED_BY: Final = Text("It was cancelled by {who}.")
STOPPED: Final = Text("It was stopped together with a part of Cellpulse. Start it again.")
OF_SECTION: Final = Text("section {section}")
SINCE: Final = Text("from {day}")
UNTIL: Final = Text("to {day}")
STARTED_AT: Final = Text("started {time}")
BY: Final = Text("by {who}")
KILOBYTES: Final = Text("{size} kB")
MEGABYTES: Final = Text("{size} MB")

#: How often a running export is asked about, in seconds.
_EVERY: Final = 1.0
_KILO: Final = 1024
_DAY: Final = timedelta(days=1)


def show() -> None:
    """Draw what can be exported, and the exports that are there."""
    course_id = st.query_params["course"]
    if session.own_sections(course_id):
        notices.sentence(str(WHOLE_COURSE))
        return
    with st.container(border=True, key="export_new"):
        card_title(*NEW)
        _new(course_id)
    _made(course_id)


def _new(course_id: str) -> None:
    students = session.latest(
        f"{course_id}/students", partial(session.api().students, course_id), every=60
    ).numbers.students
    sections = sorted({each.section for each in students if each.section})
    format_of = _format()
    st.html(about(format_of))
    with st.container(key="export_choices", horizontal=True, vertical_alignment="bottom"):
        section = _section(sections) if sections else None
        first, last = _day("from", FROM), _day("to", TO)
    study, k, with_code, with_help = (
        _of_bundle() if format_of == "bundle" else ("", 5, False, False)
    )
    faults: list[Text] = []
    if format_of == "bundle" and not study.strip():
        faults.append(NO_STUDY)
    if first is not None and last is not None and first > last:
        faults.append(WRONG_ORDER)
    for fault in faults:
        st.html(f'<p class="cp-muted" role="status">{escape(str(fault))}</p>')
    is_started = st.button(str(START), type="primary", key="export_start", disabled=bool(faults))
    if not is_started:
        return
    request = ExportRequest.model_validate(
        {
            "format": format_of,
            "section": section,
            "from": _midnight(first),
            "to": None if last is None else _midnight(last + _DAY),
            "study": study.strip() or None,
            "k": k,
            "with_code": with_code,
            "with_help": with_help,
        }
    )
    try:
        session.api().start_export(course_id, request)
        st.toast(str(STARTED))
    except NumbersUnavailableError as error:
        notices.sentence(why_not(error, NOT_STARTED))


def about(format_of: ExportFormat) -> str:
    """Say what is in a format, and whom it names."""
    _, inside, names = FORMATS[format_of]
    if session.is_pseudonymous() and format_of not in NAMELESS:
        names = PSEUDONYMS
    return (
        f'<dl class="cp-about"><dt>{INSIDE}</dt><dd>{escape(str(inside))}</dd>'
        f"<dt>{NAMES}</dt><dd>{escape(str(names))}</dd></dl>"
    )


def _format() -> ExportFormat:
    wanted = st.query_params.get("format")
    known: Sequence[ExportFormat] = [name for name in FORMATS if name in get_args(ExportFormat)]
    st.session_state["export_format"] = wanted if wanted in known else known[0]
    chosen: ExportFormat = st.radio(
        str(FORMAT),
        known,
        key="export_format",
        format_func=lambda name: str(FORMATS[name][0]),
        horizontal=True,
        label_visibility="collapsed",
        on_change=_follow,
        args=("format", "export_format"),
    )
    return chosen


def _section(sections: list[str]) -> str | None:
    wanted = st.query_params.get("section")
    st.session_state["export_section"] = wanted if wanted in sections else ""
    chosen: str = st.selectbox(
        str(SECTION),
        ["", *sections],
        key="export_section",
        format_func=lambda name: name or str(ALL),
        on_change=_follow,
        args=("section", "export_section"),
        placeholder=str(ALL),
        width=200,
    )
    return chosen or None


def _day(part: str, label: Text) -> date | None:
    key = f"export_{part}"
    try:
        st.session_state[key] = date.fromisoformat(st.query_params.get(part, ""))
    except ValueError:
        st.session_state[key] = None
    chosen: date | None = st.date_input(
        str(label), key=key, format="YYYY-MM-DD", on_change=_follow, args=(part, key), width=170
    )
    return chosen


def _follow(part: str, key: str) -> None:
    chosen = st.session_state[key]
    put(**{part: str(chosen) if chosen else None})


def _of_bundle() -> tuple[str, int, bool, bool]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        study = st.text_input(str(STUDY), key="export_study", max_chars=200, width=300)
        k = st.number_input(
            str(SMALLEST),
            min_value=2,
            max_value=1000,
            value=5,
            key="export_k",
            width=160,
        )
    st.html(f'<p class="cp-muted cp-small">{STUDY_WHY} {SMALLEST_WHY}</p>')
    with_code = st.checkbox(str(WITH_CODE), key="export_with_code")
    with_help = st.checkbox(str(WITH_HELP), key="export_with_help")
    return study, int(k), with_code, with_help


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), session.local_zone())


@part(run_every=_EVERY)
def _made(course_id: str) -> None:
    """Draw the exports that run or are kept; while one runs, how far it is."""
    try:
        latest = session.latest(f"{course_id}/exports", partial(session.api().exports, course_id))
    except NumbersUnavailableError as error:
        notices.sentence(str(error))
        return
    with st.container(border=True, key="export_made"):
        card_title(*MADE)
        if latest.apology is not None:
            st.html(f'<p class="cp-muted" role="status">{escape(latest.apology)}</p>')
        if not latest.numbers.exports:
            st.html(f'<p class="cp-muted">{NONE_YET}</p>')
        for each in latest.numbers.exports:
            _one(each)


def _cancel(each: Export) -> None:
    try:
        session.api().cancel_export(each.course_id, each.export_id)
    except NumbersUnavailableError as error:
        st.toast(why_not(error, NOT_CANCELLED))


def _one(each: Export) -> None:
    with st.container(key=f"export_{each.export_id}", gap="small"):
        st.html(line(each))
        if each.state == "running":
            share = 0.0 if not each.total else min(1.0, each.done / each.total)
            with st.container(horizontal=True, vertical_alignment="bottom"):
                st.progress(share, text=progress_text(each))
                key = f"cancel_{each.export_id}"
                st.button(str(CANCEL), key=key, on_click=_cancel, args=(each,))


def progress_text(each: Export) -> str:
    """Say how far a running export is."""
    if each.total is None:
        return str(READING)
    if each.done >= each.total:
        return str(PACKING)
    return RUNNING.format(done=number(each.done), total=number(each.total))


def line(each: Export) -> str:
    """Return an export's format and part, and its file or why there is none."""
    zone = session.local_zone()
    told = [
        None if each.section is None else OF_SECTION.format(section=each.section),
        None if each.start is None else SINCE.format(day=f"{each.start.astimezone(zone):%Y-%m-%d}"),
        None
        if each.until is None
        else UNTIL.format(day=f"{each.until.astimezone(zone) - _DAY:%Y-%m-%d}"),
        each.study,
        STARTED_AT.format(time=clock(each.started_at.astimezone(zone))),
        None if each.started_by is None else BY.format(who=each.started_by),
    ]
    if each.state == "done" and each.kept_until is not None:
        told.append(KEPT_UNTIL.format(time=day_and_clock(each.kept_until.astimezone(zone))))
    notes = " · ".join(escape(part) for part in told if part)
    return (
        f'<div class="cp-export" data-testid="export" data-state="{each.state}">'
        f"<p><b>{escape(str(FORMATS[each.format][0]))}</b> "
        f'<span class="cp-muted">{notes}</span></p>{_outcome(each)}</div>'
    )


def _outcome(each: Export) -> str:
    has_names = each.format not in NAMELESS and not session.is_pseudonymous()
    if each.state == "done" and session.is_projected() and has_names:
        return projector.instead_of_names(HIDDEN)
    if each.state == "done":
        label = DOWNLOAD.format(size=size(each.file_bytes))
        address = escape(link_to(each.course_id, each.export_id))
        return f'<p><a href="{address}" download target="_self">{escape(label)}</a></p>'
    if each.state == "running":
        return ""
    if each.state == "cancelled":
        who = each.cancelled_by
        told = str(CANCELLED) if who is None else CANCELLED_BY.format(who=who)
        return f'<p class="cp-muted" role="status">{escape(told)}</p>'
    why = str(STOPPED) if each.state == "stopped" else each.detail or NEVER
    return f'<p class="cp-alarm" role="status">{escape(why)}</p>'


def size(size_bytes: int | None) -> str:
    """Say how large a file is."""
    if size_bytes is None:
        return NEVER
    if size_bytes < _KILO * _KILO:
        return KILOBYTES.format(size=number(max(1, round(size_bytes / _KILO))))
    return MEGABYTES.format(size=number(round(size_bytes / _KILO**2, 1)))
