"""What to change, derived from the numbers of a session: plain rules, each with its numbers."""

from collections import Counter
from datetime import timedelta, tzinfo
from statistics import median
from typing import Final

from analytics.after_class.responses import Report
from analytics.attention.responses import ErrorCluster
from streamlit_app.after_class import wording
from streamlit_app.after_class.names import names_of, shortened
from streamlit_app.class_view.failures import name_of, still_at
from streamlit_app.page_parts.wording import percent

#: An exercise tried by fewer says nothing about the class.
LEAST_TRIED: Final = 3
#: Of those who tried an exercise, or met a failure, so many make it worth time in class.
_MANY: Final = 1 / 3
_LEAST_STILL_AT: Final = 3
#: Half of the students took so long, or waited so long.
_LONG_MINUTES: Final = 10
_LONG_WAIT_MINUTES: Final = 5
_MINUTE: Final = timedelta(minutes=1)
_LEAST_WAITED: Final = 3
#: Due so soon after the session, and not begun by half of those who were here.
_SOON: Final = timedelta(days=7)
_HALF: Final = 0.5
_OF_A_KIND: Final = 2
_NAMES: Final = 5


def changes(report: Report, zone: tzinfo) -> list[str]:
    """Return a sentence for each thing that stands out, hands first, then what cost most.

    What stands out:
        A hand that was still up. Half of those visited waited 5 minutes or longer (of 3 or more).
        A third or more of at least 3 who tried an exercise had not solved it. A third or more, and
        at least 3, of those who met a failure had not got past it; or half of at least 3 needed 10
        minutes or longer. An exercise that is due within a week after the session, which half of
        those here had not begun. Half of the course's students were not here.
    """
    found = [
        *_hands(report),
        *_waiting(report),
        *_hard(report),
        *_failures(report),
        *_not_begun(report, zone),
        *_absent(report),
    ]
    return found or [str(wording.NOTHING_TO_CHANGE)]


def _hands(report: Report) -> list[str]:
    called = names_of(report)
    names = [called[each.student_id] for each in report.help if each.is_open]
    if not names:
        return []
    return [wording.STILL_UP.format(len(names), names=_listed(names))]


def _listed(names: list[str]) -> str:
    shown, more = ", ".join(names[:_NAMES]), len(names) - _NAMES
    return wording.AND_OTHERS.format(names=shown, n=more) if more > 0 else shown


def _waiting(report: Report) -> list[str]:
    waits = [
        (each.visited_at - each.asked_at) / _MINUTE
        for each in report.help
        if each.asked_at is not None and each.visited_at is not None
    ]
    if len(waits) < _LEAST_WAITED or median(waits) < _LONG_WAIT_MINUTES:
        return []
    return [wording.WAITED.format(visited=len(waits), minutes=int(median(waits)))]


def _hard(report: Report) -> list[str]:
    hard = [
        each
        for each in report.exercises
        if each.attempted >= LEAST_TRIED and (each.difficulty or 0) >= _MANY
    ]
    hard.sort(key=lambda each: -(each.difficulty or 0))
    return [
        wording.HARD.format(
            exercise=each.exercise,
            unsolved=round((each.difficulty or 0) * each.attempted),
            attempted=each.attempted,
            lower=percent(each.lower),
            upper=percent(each.upper),
        )
        for each in hard[:_OF_A_KIND]
    ]


def _failures(report: Report) -> list[str]:
    stuck = [
        each
        for each in report.clusters
        if len(still_at(each)) >= max(_LEAST_STILL_AT, _MANY * each.students)
    ]
    stuck.sort(key=lambda each: -len(still_at(each)))
    sentences = []
    for each in stuck[:_OF_A_KIND]:
        where, still = _where_most_are(each), len(still_at(each))
        text = wording.STILL_AT if where else wording.STILL_AT_NOWHERE
        sentences.append(
            text.format(
                failure=shortened(name_of(each)), still=still, students=each.students, where=where
            )
        )
    slow = [
        each
        for each in report.clusters
        if each not in stuck[:_OF_A_KIND]
        and each.got_past >= _LEAST_WAITED
        and (each.minutes_to_get_past or 0) >= _LONG_MINUTES
    ]
    sentences += [
        wording.TOOK_LONG.format(
            failure=shortened(name_of(each)),
            past=each.got_past,
            minutes=round(each.minutes_to_get_past or 0),
        )
        for each in slow[:1]
    ]
    return sentences


def _where_most_are(failure: ErrorCluster) -> str | None:
    """Return the exercise where most are who have not got past a failure; None for no such one."""
    places = Counter(each.exercise for each in failure.who if each.past_at is None)
    (where, students), *_ = places.most_common(1) or [(None, 0)]
    return where if students > places.total() * _HALF else None


def _not_begun(report: Report, zone: tzinfo) -> list[str]:
    found = [
        wording.NOT_BEGUN.format(
            exercise=each.exercise,
            due=f"{each.due_at.astimezone(zone):%Y-%m-%d %H:%M}",
            missing=report.here - each.begun_by_end,
            here=report.here,
        )
        for each in report.exercises
        if each.due_at is not None
        and report.until <= each.due_at <= report.until + _SOON
        and report.here - each.begun_by_end >= max(1, _HALF * report.here)
    ]
    return found[:_OF_A_KIND]


def _absent(report: Report) -> list[str]:
    absent = report.students - report.here
    if absent < max(1, _HALF * report.students):
        return []
    return [wording.ABSENT.format(absent=absent, students=report.students)]
