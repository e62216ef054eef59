"""The report as a document: the same sections for the page, the HTML file and the PDF."""

from dataclasses import dataclass
from datetime import tzinfo

from analytics.after_class.responses import Report
from streamlit_app.after_class import wording
from streamlit_app.after_class.changes import changes
from streamlit_app.after_class.sections.failures import failures
from streamlit_app.after_class.sections.hardest import hardest
from streamlit_app.after_class.sections.helped import helped
from streamlit_app.after_class.sections.reached import reached
from streamlit_app.after_class.sections.section import Section, drawn
from streamlit_app.language.formats import number
from streamlit_app.page_parts import units
from streamlit_app.page_parts.frames import on_the_wall, stream_frame
from streamlit_app.page_parts.layout import Number
from streamlit_app.page_parts.wording import percent


@dataclass(frozen=True)
class Document:
    """The whole report, in the language in which it was made.

    Args:
        title: What it is, and of which course.
        course: The course's title, with the section where it is about one.
        when: The session's day and times, and their zone.
        numbers: To be read first.
        changes_title: Of what to change, and a note beside it.
        changes: What to change, a sentence each.
        sections: In the order of reading.
        origin: Which data it was made of.
    """

    title: str
    course: str
    when: str
    numbers: list[Number]
    changes_title: tuple[str, ...]
    changes: list[str]
    sections: list[Section]
    origin: str


def document_of(report: Report, zone: tzinfo) -> Document:
    """Return the report as a document, its times in a zone."""
    begin, end = report.start.astimezone(zone), report.until.astimezone(zone)
    when = wording.WHEN.format(
        day=f"{begin:%Y-%m-%d}", start=f"{begin:%H:%M}", end=wording.end_of(begin, end)
    )
    return Document(
        title=f"{wording.TITLE}: {_course(report)}",
        course=_course(report),
        when=f"{when}, {wording.ZONE.format(zone=begin.tzname() or 'UTC')}",
        numbers=_numbers(report),
        changes_title=drawn(wording.CHANGES),
        changes=changes(report, zone),
        sections=[
            reached(report, zone),
            _over_time(report, zone),
            hardest(report),
            failures(report),
            helped(report, zone),
        ],
        origin=wording.AS_OF.format(
            position=report.as_of.position or wording.NO_POSITION, runs=number(report.runs)
        ),
    )


def _course(report: Report) -> str:
    if report.section is None:
        return report.title
    return wording.OF_SECTION.format(course=report.title, section=report.section)


def _numbers(report: Report) -> list[Number]:
    begun = sum(each.started > 0 for each in report.exercises)
    of = wording.ENROLLED.format(students=report.students)
    return [
        Number(str(report.here), *wording.HERE, of=of),
        Number(number(report.runs), *wording.RUNS),
        Number(percent(report.errors / report.runs if report.runs else None), *units.WITH_ERROR),
        Number(str(begun), *wording.BEGUN),
        Number(str(sum(each.hands > 0 for each in report.help)), *wording.HANDS),
    ]


def _over_time(report: Report, zone: tzinfo) -> Section:
    frame = on_the_wall(stream_frame(report.stream), zone)
    return Section(
        "over_time",
        drawn(wording.OVER_TIME),
        (),
        [],
        frozenset(),
        0,
        frame,
        [str(wording.NOT_AT_AN_EXERCISE)] if frame.empty else [],
    )
