"""The After class page: one session of class on one page, to read, print and take away."""

from datetime import datetime, timedelta
from functools import partial
from html import escape
from typing import Final

import streamlit as st

from analytics.class_view.responses import ClassSession
from streamlit_app import session
from streamlit_app.addresses import address, has_gone_back, put
from streamlit_app.after_class import web_page, wording
from streamlit_app.after_class.charts import chart_of
from streamlit_app.after_class.document import Document, document_of
from streamlit_app.after_class.pdf import as_pdf
from streamlit_app.after_class.sections.section import Section
from streamlit_app.language.text import Text, language, speaking
from streamlit_app.page_parts import notices
from streamlit_app.page_parts.layout import card_title, choose_in_address, strip
from streamlit_app.page_parts.palette import EITHER
from streamlit_app.page_parts.wording import COUNTED_RUNS, COUNTED_STUDENTS

TITLE: Final = wording.TITLE
CHOOSE: Final = Text("Choose a session of class")
SESSION: Final = Text("{when} · {students}, {runs}")
NO_SESSION: Final = Text(
    "Nobody has worked in this course yet. After the first class its report is here."
)
NO_SUCH_SESSION: Final = Text("There was no session of class then. Choose one above.")
AS_PDF: Final = Text("Download as PDF")
AS_HTML: Final = Text("Download as HTML")
KEPT: Final = Text("Address of exactly this report")
KEPT_WHY: Final = Text("later events change nothing about it")
#: The section whose report was drawn last.
_SECTION_SHOWN: Final = "report_section"
_FILE: Final = "after-class-{course}-{day}.{ending}"

#: Numbers that are younger than this are not asked for again, in seconds.
_EVERY: Final = 20
#: Which session is shown first: the latest one with so many of the students of the largest.
_WHOLE_CLASS: Final = 1 / 3
#: A session's last event is in it.
_AFTER_THE_LAST: Final = timedelta(milliseconds=1)


def show() -> None:
    """Draw the report of the session that the address names, else of the latest whole class."""
    course_id = st.query_params["course"]
    sessions = _sessions(course_id)
    if not sessions:
        notices.sentence(NO_SESSION)
        return
    by_start = _by_start(sessions)
    chosen = st.query_params.get("session")
    has_moved, is_back = _has_moved(), has_gone_back()
    if (has_moved or is_back) and chosen not in by_start:  # it stays about the same class
        chosen = nearest(sessions, chosen).started_at.isoformat()
    if has_moved or is_back:  # whoever goes Back goes back to the report that they read
        put(session=chosen, as_of=st.query_params.get("as_of") if is_back else None)
    if chosen is None:
        chosen = st.query_params["session"] = usual(sessions).started_at.isoformat()
    elif chosen not in by_start and "as_of" not in st.query_params:
        met = _going_on_at(sessions, chosen)
        if met is not None:
            chosen = st.query_params["session"] = met.started_at.isoformat()
    if as_of := st.query_params.get("as_of"):  # of then, even where it has other ends by now
        by_start = _as_it_was(by_start, chosen, _by_start(_sessions(course_id, as_of)))
    with st.container(key="report_choice", horizontal=True, vertical_alignment="center"):
        labels = {start: label(each) for start, each in by_start.items()}
        choose_in_address("session", CHOOSE, labels, width=420)
        files = st.container(horizontal=True, width="content")
    if chosen not in by_start:
        notices.sentence(NO_SUCH_SESSION)
        return
    _report(course_id, by_start[chosen], files)


def _sessions(course_id: str, as_of: str | None = None) -> list[ClassSession]:
    name = f"{course_id}/sessions/{as_of}"
    ask = partial(session.api().class_sessions, course_id, as_of)
    return session.latest(name, ask, every=_EVERY).numbers.sessions


def _by_start(sessions: list[ClassSession]) -> dict[str, ClassSession]:
    return {each.started_at.isoformat(): each for each in sessions}


def _as_it_was(
    now: dict[str, ClassSession], chosen: str, then: dict[str, ClassSession]
) -> dict[str, ClassSession]:
    """Return the sessions of now with the chosen one as it was then; without it if there was none.

    The others are of now: whoever chooses one of them leaves the past.
    """
    known = {start: each for start, each in now.items() if start != chosen}
    if chosen in then:
        known[chosen] = then[chosen]
    return _by_start(sorted(known.values(), key=lambda each: each.started_at, reverse=True))


def _going_on_at(sessions: list[ClassSession], moment: str) -> ClassSession | None:
    """Return the session that went on at a moment: what came late may have moved its beginning."""
    try:
        wanted = datetime.fromisoformat(moment)
        return next((each for each in sessions if each.started_at <= wanted <= each.ended_at), None)
    except (ValueError, TypeError):  # an address that somebody wrote
        return None


def usual(sessions: list[ClassSession]) -> ClassSession:
    """Return the latest session that was no single student at home."""
    largest = max(each.students for each in sessions)
    return next(each for each in sessions if each.students >= _WHOLE_CLASS * largest)


def nearest(sessions: list[ClassSession], moment: str | None) -> ClassSession:
    """Return the session that began nearest to a moment: a section comes and goes by itself."""
    try:
        wanted = datetime.fromisoformat(moment or "")
        return min(sessions, key=lambda each: abs(each.started_at - wanted))
    except (ValueError, TypeError):  # an address that somebody wrote
        return usual(sessions)


def _has_moved() -> bool:
    """Tell whether another section was just chosen, whose sessions have beginnings of their own."""
    shown: str | None = st.session_state.get(_SECTION_SHOWN, session.section())
    st.session_state[_SECTION_SHOWN] = session.section()
    return shown != session.section()


def label(each: ClassSession) -> str:
    """Say when a session was, and how many were there."""
    begin, end = (_local(moment) for moment in (each.started_at, each.ended_at))
    when = f"{begin:%Y-%m-%d %H:%M}\N{EN DASH}{wording.end_of(begin, end)}"
    return SESSION.format(
        when=when,
        students=COUNTED_STUDENTS.format(each.students),
        runs=COUNTED_RUNS.format(each.runs),
    )


def _local(moment: datetime) -> datetime:
    return moment.astimezone(session.local_zone())


def _report(course_id: str, of: ClassSession, files: "st.delta_generator.DeltaGenerator") -> None:
    start, until = of.started_at, of.ended_at + _AFTER_THE_LAST
    as_of = st.query_params.get("as_of") or None
    name = f"{course_id}/report/{start}/{until}/{as_of}"
    ask = partial(session.api().report, course_id, start=start, until=until, as_of=as_of)
    latest = session.latest(name, ask, every=_EVERY)
    report = latest.numbers
    document = document_of(report, session.local_zone())
    notices.old_numbers(latest.apology, report.as_of.time)
    day = f"{_local(start):%Y-%m-%d}"
    about = course_id if report.section is None else f"{course_id}-{report.section}"
    with files:
        _download(AS_PDF, partial(as_pdf, document), "application/pdf", about, day, "pdf")
        _download(AS_HTML, partial(web_page.as_html, document), "text/html", about, day, "html")
    strip(document.numbers)
    with st.container(border=True, key="report_changes"):
        card_title(*wording.CHANGES)
        st.html(web_page.change_list(document))
    for section in document.sections:
        _section(section)
    _origin(document, course_id, of, report.as_of.position)


def _download(label: Text, make: partial[bytes], kind: str, *of: str) -> None:
    about, day, ending = of
    plain = "".join(sign if sign.isalnum() else "-" for sign in about)
    st.download_button(
        str(label),
        partial(_made_in, language(), make),
        file_name=_FILE.format(course=plain, day=day, ending=ending),
        mime=kind,
        key=f"as_{ending}",
        on_click="ignore",
    )


def _made_in(spoken: str, make: partial[bytes]) -> bytes:
    """Make a file in a language: it is made in a thread that knows of no viewer."""
    with speaking(spoken):
        return make()


def _section(section: Section) -> None:
    """Draw a section: its chart beside its table, or over the page's width."""
    chart = chart_of(section, EITHER)
    with st.container(border=True, key=f"report_{section.key}"):
        card_title(*section.title)
        text = web_page.table(section) + web_page.notes(section)
        if chart is None:
            st.html(text)
            return
        left, right = (st.columns([5, 6], gap="medium")) if section.rows else (st.container(), None)
        with left:
            key = f"report_{section.key}_chart"
            st.altair_chart(chart, key=key, alt=web_page.alt_text(section))
        if right is not None:
            right.html(text)


def _origin(document: Document, course_id: str, of: ClassSession, position: str | None) -> None:
    link = address(
        "after-class", course=course_id, session=of.started_at.isoformat(), as_of=position or ""
    )
    st.html(
        f'<p class="cp-muted cp-small">{escape(document.origin)} '
        f'<a href="{link}" target="_self">{KEPT}</a>: {KEPT_WHY}.</p>'
    )
