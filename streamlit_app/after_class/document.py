"""The report as a document: the same sections for the page, the HTML file and the PDF."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Final

import pandas as pd

from analytics.after_class.responses import Report, ReportExercise, ReportHelp
from analytics.attention.responses import ErrorCluster
from streamlit_app.after_class import wording
from streamlit_app.after_class.changes import LEAST_TRIED, changes
from streamlit_app.after_class.names import label_of, names_of, shortened
from streamlit_app.class_view.failures import name_of, where_it_is
from streamlit_app.language.formats import number
from streamlit_app.language.text import Text
from streamlit_app.page_parts import units
from streamlit_app.page_parts.frames import on_the_wall, stream_frame
from streamlit_app.page_parts.layout import Number
from streamlit_app.page_parts.wording import NEVER, percent

#: What is due up to so long after a session was planned for it.
PLANNED_AHEAD: Final = timedelta(days=7)
EXERCISES_SHOWN: Final = 14
HARDEST_SHOWN: Final = 5
FAILURES_SHOWN: Final = 6
HELP_SHOWN: Final = 10


@dataclass(frozen=True)
class Section:
    """One part of the report.

    Args:
        key: Its name in addresses of the page's parts, and which chart it has.
        title: Its title, and a note beside it.
        head: Titles of the table's columns.
        rows: The table's cells.
        numeric: The columns that hold numbers.
        widest: The column that gets the room that the others leave.
        frame: What its chart is drawn of; empty where there is nothing to draw.
        notes: Sentences below the table; above nothing else where there are no rows.
    """

    key: str
    title: tuple[str, ...]
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    numeric: frozenset[int]
    widest: int
    frame: pd.DataFrame
    notes: list[str] = field(default_factory=list)


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
    when = wording.WHEN.format(day=f"{begin:%Y-%m-%d}", start=f"{begin:%H:%M}", end=f"{end:%H:%M}")
    return Document(
        title=f"{wording.TITLE}: {_course(report)}",
        course=_course(report),
        when=f"{when}, {wording.ZONE.format(zone=begin.tzname() or 'UTC')}",
        numbers=_numbers(report),
        changes_title=_drawn(wording.CHANGES),
        changes=changes(report, zone),
        sections=[
            _reached(report, zone),
            _over_time(report, zone),
            _hardest(report),
            _failures(report),
            _help(report, zone),
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


def has_plan(report: Report) -> bool:
    """Tell whether an instructor planned the session."""
    return any(each.planned_at is not None for each in report.exercises)


def is_planned(exercise: ReportExercise, report: Report) -> bool:
    """Tell whether an exercise is in the session's plan.

    Without a plan it is one that is due in the session or the week after it.
    """
    if has_plan(report):
        return exercise.planned_at is not None
    due = exercise.due_at
    return due is not None and report.start <= due <= report.until + PLANNED_AHEAD


def _reached(report: Report, zone: tzinfo) -> Section:
    shown = [each for each in report.exercises if each.started or is_planned(each, report)]
    untouched = sum(each.registered for each in report.exercises if each not in shown)
    listed = shown[:EXERCISES_SHOWN]
    of_plan = has_plan(report)
    notes = _more(len(shown) - len(listed))
    missed = sum(of_plan and each.started == 0 for each in shown)
    if missed:
        notes.append(wording.NOT_REACHED.format(missed))
    if untouched:
        notes.append(wording.UNTOUCHED.format(untouched))
    return Section(
        "reached",
        _drawn(wording.REACHED_OF_PLAN if of_plan else wording.REACHED),
        _drawn(
            (
                wording.EXERCISE,
                wording.POINTS,
                wording.PLANNED if of_plan else wording.DUE,
                wording.STARTED,
                wording.SOLVED,
                wording.BEFORE,
            )
        ),
        [
            (
                label_of(each),
                NEVER if each.points is None else f"{each.points:g}",
                _planned(each, zone) if of_plan else _due(each, zone),
                str(each.started),
                _solved(each),
                str(each.solved_before),
            )
            for each in listed
        ],
        frozenset({1, 3, 4, 5}),
        0,
        _solved_and_not(listed),
        notes if shown else [str(wording.NOTHING_REACHED), *notes],
    )


def _solved_and_not(exercises: list[ReportExercise]) -> pd.DataFrame:
    """Return how many solved each exercise, and how many only began it, for the chart."""
    return pd.DataFrame(
        [
            (each.exercise, place, kind, number)
            for each in exercises
            for place, (kind, number) in enumerate(
                (
                    (str(wording.SOLVED), each.solved),
                    (str(wording.UNSOLVED), each.started - each.solved),
                )
            )
            if each.started
        ],
        columns=["exercise", "place", "state", "students"],
    )


def _planned(exercise: ReportExercise, zone: tzinfo) -> str:
    return NEVER if exercise.planned_at is None else _clock(exercise.planned_at, zone)


def _due(exercise: ReportExercise, zone: tzinfo) -> str:
    due = exercise.due_at
    return NEVER if due is None else f"{due.astimezone(zone):%m-%d %H:%M}"


def _solved(exercise: ReportExercise) -> str:
    number = str(exercise.solved)
    return wording.RAN_ONLY.format(n=number) if exercise.solved_by == "run" else number


def _over_time(report: Report, zone: tzinfo) -> Section:
    frame = on_the_wall(stream_frame(report.stream), zone)
    return Section(
        "over_time",
        _drawn(wording.OVER_TIME),
        (),
        [],
        frozenset(),
        0,
        frame,
        [str(wording.NOT_AT_AN_EXERCISE)] if frame.empty else [],
    )


def _hardest(report: Report) -> Section:
    tried = [
        each
        for each in report.exercises
        if each.difficulty is not None and each.attempted >= LEAST_TRIED
    ]
    hardest = sorted(tried, key=lambda each: -(each.difficulty or 0))[:HARDEST_SHOWN]
    return Section(
        "hardest",
        _drawn(wording.HARDEST),
        _drawn(
            (wording.EXERCISE, wording.UNSOLVED, wording.TRIED, wording.RANGE, wording.COMMONEST)
        ),
        [
            (
                each.exercise,
                percent(each.difficulty),
                str(each.attempted),
                f"{percent(each.lower)}\N{EN DASH}{percent(each.upper)}",
                _commonest(each.exercise, report),
            )
            for each in hardest
        ],
        frozenset({1, 2}),
        4,
        pd.DataFrame(
            [(each.exercise, each.difficulty, each.lower, each.upper) for each in hardest],
            columns=["exercise", "unsolved", "lower", "upper"],
        ),
        [] if hardest else [wording.NOT_HARD.format(least=LEAST_TRIED)],
    )


def _commonest(exercise: str, report: Report) -> str:
    found = [
        (place.students, cluster)
        for cluster in report.clusters
        for place in cluster.exercises
        if place.exercise == exercise
    ]
    if not found:
        return NEVER
    students, cluster = max(found, key=lambda pair: pair[0])
    return f"{shortened(name_of(cluster))} ({students})"


def _failures(report: Report) -> Section:
    shown = report.clusters[:FAILURES_SHOWN]
    names = [shortened(name_of(each)) for each in shown]
    return Section(
        "failures",
        _drawn(wording.FAILURES),
        _drawn((wording.FAILURE, wording.WHERE, wording.STUDENTS, wording.PAST, wording.MINUTES)),
        [
            (name, _where(each), str(each.students), str(each.got_past), _minutes(each))
            for name, each in zip(names, shown, strict=True)
        ],
        frozenset({2, 3, 4}),
        0,
        pd.DataFrame(
            [
                (f"{number}. {name}", place, kind, students)
                for number, (name, each) in enumerate(zip(names, shown, strict=True), 1)
                for place, (kind, students) in enumerate(
                    (
                        (str(wording.PAST), each.got_past),
                        (str(wording.NOT_PAST), each.students - each.got_past),
                    )
                )
            ],
            columns=["failure", "place", "state", "students"],
        ),
        _more(len(report.clusters) - len(shown)) if shown else [str(wording.NO_FAILURES)],
    )


def _where(cluster: ErrorCluster) -> str:
    return where_it_is([each.exercise for each in cluster.exercises if each.exercise]) or NEVER


def _minutes(cluster: ErrorCluster) -> str:
    minutes = cluster.minutes_to_get_past
    return NEVER if minutes is None else f"{minutes:.0f}"


def _help(report: Report, zone: tzinfo) -> Section:
    ordered = sorted(report.help, key=lambda each: not each.is_open)
    shown, names = ordered[:HELP_SHOWN], names_of(report)
    return Section(
        "help",
        _drawn(wording.HELP),
        _drawn((wording.WHO, wording.WHERE, wording.ASKED, wording.CAME, wording.MARKED)),
        [
            (
                names[each.student_id],
                each.exercise or NEVER,
                str(wording.NOT_ASKED) if each.asked_at is None else _clock(each.asked_at, zone),
                _came(each, zone),
                str(each.marks),
            )
            for each in shown
        ],
        frozenset({4}),
        0,
        pd.DataFrame(
            [
                (
                    names[each.student_id],
                    _naive(each.asked_at, zone),
                    _naive(each.visited_at or each.taken_down_at or report.until, zone),
                    str(wording.WAITED_FOR if each.visited_at else wording.NOBODY_CAME),
                )
                for each in shown
                if each.asked_at is not None
            ],
            columns=["who", "asked", "until", "state"],
        ),
        _more(len(ordered) - len(shown)) if shown else [str(wording.NO_HELP)],
    )


def _came(row: ReportHelp, zone: tzinfo) -> str:
    if row.visited_at is not None:
        return _clock(row.visited_at, zone)
    return str(wording.NOT_SEEN if row.is_open else wording.TOOK_DOWN)


def _clock(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%H:%M}"


def _naive(moment: datetime, zone: tzinfo) -> datetime:
    """Return a time as the clock on the wall shows it: whatever draws it has no other zone."""
    return moment.astimezone(zone).replace(tzinfo=None)


def _more(rows: int) -> list[str]:
    if rows <= 0:
        return []
    return [wording.MORE_ROWS.format(rows)]


def _drawn(texts: tuple[Text, ...]) -> tuple[str, ...]:
    return tuple(map(str, texts))
