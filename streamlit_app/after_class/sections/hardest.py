"""The exercises that were the hardest."""

from typing import Final

import pandas as pd

from analytics.after_class.responses import Report
from streamlit_app.after_class import wording
from streamlit_app.after_class.changes import LEAST_TRIED
from streamlit_app.after_class.names import shortened
from streamlit_app.after_class.sections.section import Section, drawn
from streamlit_app.class_view.failures import name_of
from streamlit_app.page_parts.wording import NEVER, percent

_SHOWN: Final = 5


def hardest(report: Report) -> Section:
    """Return the section: how many who tried an exercise are without a solution, and why."""
    tried = [
        each
        for each in report.exercises
        if each.difficulty is not None and each.attempted >= LEAST_TRIED
    ]
    shown = sorted(tried, key=lambda each: -(each.difficulty or 0))[:_SHOWN]
    return Section(
        "hardest",
        drawn(wording.HARDEST),
        drawn(
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
            for each in shown
        ],
        frozenset({1, 2}),
        4,
        pd.DataFrame(
            [(each.exercise, each.difficulty, each.lower, each.upper) for each in shown],
            columns=["exercise", "unsolved", "lower", "upper"],
        ),
        [] if shown else [wording.NOT_HARD.format(least=LEAST_TRIED)],
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
