"""The exports that are made or kept: how far each is, its file, or why there is none."""

from datetime import timedelta
from functools import partial
from html import escape
from typing import Final

import streamlit as st

from analytics.export.responses import Export
from streamlit_app import session
from streamlit_app.api.errors import NotKnownError, NumbersUnavailableError, Words, why_not
from streamlit_app.bar import projector
from streamlit_app.export.file import link_to
from streamlit_app.export.formats import FORMATS, NAMELESS
from streamlit_app.language.formats import clock, day_and_clock, number
from streamlit_app.language.of_api import in_words, is_said
from streamlit_app.language.text import Text
from streamlit_app.page_parts import notices
from streamlit_app.page_parts.layout import card_title
from streamlit_app.page_parts.part import part
from streamlit_app.page_parts.wording import NEVER

MADE: Final = (Text("Exports"), Text("kept for a day; whoever may see this course sees them"))
NONE_YET: Final = Text("No export of this course is kept. Choose a format and start one.")
RUNNING: Final = Text("{done} of {total} events")
READING: Final = Text("reading the course")
PACKING: Final = Text("packing the file")
NOT_CANCELLED: Final[Words] = {NotKnownError: Text("There is no such export any more.")}
HIDDEN: Final = Text("Names are hidden now, and this file has them.")
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
NONE_IN_PART: Final = Text(
    "Nothing was run in this part of the course: choose another section (a roster's sections are "
    "those of now), or more days."
)
#: Of which part, the API says as the command line does; the line above has it in the page's words.
_NONE_OF: Final = Text(
    "course {course} has no events of {part}: name another section (a roster's sections are "
    "those of now), or a longer time"
)
#: Why there is no file, as the API says it.
OF_API: Final = (
    _NONE_OF,
    Text("the course has no events yet: run a cell in one of its notebooks, then start it again"),
    Text(
        "the course has fewer than {students} students: a bundle needs at least --k {k}, or they "
        "could be told apart"
    ),
    Text(
        "fewer than {few} students are left in what {students} students have done: a bundle needs "
        "at least --k {k}, or they could be told apart"
    ),
    Text(
        "the export is larger than {size} GB: choose a section or a shorter time, or let the "
        "operator run 'cellpulse export'"
    ),
    Text(
        "a part of Cellpulse does not answer, or has no room for the file: try again, and tell its "
        "operator if it stays; the log of the aggregation API says more"
    ),
    Text(
        "this is a fault of the server: try again, and tell its operator if it stays; the log of "
        "the aggregation API says more"
    ),
)

#: How often a running export is asked about, in seconds.
_EVERY: Final = 1.0
_KILO: Final = 1024
_DAY: Final = timedelta(days=1)


@part(run_every=_EVERY)
def show(course_id: str) -> None:
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
    return f'<p class="cp-alarm" role="status">{escape(_why_none(each))}</p>'


def _why_none(each: Export) -> str:
    detail = each.detail or NEVER
    if each.state == "stopped":
        return str(STOPPED)
    return str(NONE_IN_PART) if is_said(_NONE_OF, detail) else in_words(detail, OF_API)


def size(size_bytes: int | None) -> str:
    """Say how large a file is."""
    if size_bytes is None:
        return NEVER
    if size_bytes < _KILO * _KILO:
        return KILOBYTES.format(size=number(max(1, round(size_bytes / _KILO))))
    return MEGABYTES.format(size=number(round(size_bytes / _KILO**2, 1)))
