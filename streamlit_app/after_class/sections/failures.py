"""The failures that students had in common."""

from typing import Final

import pandas as pd

from analytics.after_class.responses import Report
from analytics.attention.responses import ErrorCluster
from streamlit_app.after_class import wording
from streamlit_app.after_class.names import shortened
from streamlit_app.after_class.sections.section import Section, drawn, more
from streamlit_app.class_view.failures import name_of, where_it_is
from streamlit_app.page_parts.wording import NEVER, UNNAMED

_SHOWN: Final = 6


def failures(report: Report) -> Section:
    """Return the section: each shared failure, where it was, and who got past it how soon."""
    shown = report.clusters[:_SHOWN]
    names = [shortened(name_of(each)) for each in shown]
    return Section(
        "failures",
        drawn(wording.FAILURES),
        drawn((wording.FAILURE, wording.WHERE, wording.STUDENTS, wording.PAST, wording.MINUTES)),
        [
            (name, _where(each), str(each.students), str(each.got_past), _minutes(each))
            for name, each in zip(names, shown, strict=True)
        ],
        frozenset({2, 3, 4}),
        0,
        pd.DataFrame(
            [
                (_short(number, each), place, kind, students)
                for number, each in enumerate(shown, 1)
                for place, (kind, students) in enumerate(
                    (
                        (str(wording.PAST), each.got_past),
                        (str(wording.NOT_PAST), each.students - each.got_past),
                    )
                )
            ],
            columns=["failure", "place", "state", "students"],
        ),
        more(len(report.clusters) - len(shown)) if shown else [str(wording.NO_FAILURES)],
    )


def _short(number: int, cluster: ErrorCluster) -> str:
    """Return what a failure is called beside its bar: its place in the table and its error."""
    return f"{number}. {shortened(cluster.error_name or str(UNNAMED))}"


def _where(cluster: ErrorCluster) -> str:
    return where_it_is([each.exercise for each in cluster.exercises if each.exercise]) or NEVER


def _minutes(cluster: ErrorCluster) -> str:
    minutes = cluster.minutes_to_get_past
    return NEVER if minutes is None else f"{minutes:.0f}"
