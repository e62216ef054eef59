"""The Export page: a course as files, made in the background and taken away as a zip file."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from html import escape
from typing import Final, get_args

import streamlit as st
from pydantic import ValidationError

from analytics.export.responses import ExportFormat, ExportRequest
from streamlit_app import session
from streamlit_app.addresses import put, read_day
from streamlit_app.api.errors import (
    AwayError,
    ConflictError,
    NumbersUnavailableError,
    TooManyError,
    Words,
    why_not,
)
from streamlit_app.export import made
from streamlit_app.export.formats import FORMATS, about
from streamlit_app.language.text import Text
from streamlit_app.page_parts import notices
from streamlit_app.page_parts.layout import card_title

TITLE: Final = Text("Export")
NEW: Final = (Text("New export"), Text("it is made in the background, while the class goes on"))
FORMAT: Final = Text("Format")
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
        "Too many exports are running, so nothing was started. Start it again in some minutes."
    ),
    AwayError: Text(
        "Nothing was started: a part of Cellpulse does not answer, or has no room for the file. "
        "Start it again later; if that does not help, tell whoever runs Cellpulse."
    ),
}
NO_STUDY: Final = Text("Give the study a name: each study has pseudonyms of its own.")
WRONG_ORDER: Final = Text("The first day must not be after the last one.")
NOT_VALID: Final = Text(
    "An export can't be asked for like this: check the section, the days and the study's name."
)
WHOLE_COURSE: Final = Text("Whoever sees the whole course can export it.")
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
    made.show(course_id)


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
    if format_of == "bundle" and not study:
        faults.append(NO_STUDY)
    if first is not None and last is not None and first > last:
        faults.append(WRONG_ORDER)
    request = _request(
        {
            "format": format_of,
            "section": section,
            "from": _midnight(first),
            "to": None if last is None else _midnight(last + _DAY),
            "study": study or None,
            "k": k,
            "with_code": with_code,
            "with_help": with_help,
        }
    )
    if request is None and not faults:
        faults.append(NOT_VALID)
    for fault in faults:
        st.html(f'<p class="cp-muted" role="status">{escape(str(fault))}</p>')
    is_started = st.button(str(START), type="primary", key="export_start", disabled=bool(faults))
    if is_started and request is not None:
        _start(course_id, request)


def _request(fields: dict[str, object]) -> ExportRequest | None:
    """Return what is asked for; None where the API would not take it."""
    try:
        return ExportRequest.model_validate(fields)
    except ValidationError:
        return None


def _start(course_id: str, request: ExportRequest) -> None:
    try:
        session.api().start_export(course_id, request)
        st.toast(str(STARTED))
    except NumbersUnavailableError as error:
        notices.sentence(why_not(error, NOT_STARTED))


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
    st.session_state[key] = read_day(st.query_params.get(part))
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
    # Pasted text has tabs and line ends, which no name of a study has.
    return " ".join(study.split()), int(k), with_code, with_help


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), session.local_zone())
