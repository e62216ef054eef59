"""Who needed help, and who got it."""

from datetime import datetime, tzinfo
from typing import Final

import pandas as pd

from analytics.after_class.responses import Report, ReportHelp
from streamlit_app.after_class import wording
from streamlit_app.after_class.names import names_of
from streamlit_app.after_class.sections.section import Section, clock, drawn, more
from streamlit_app.page_parts.wording import NEVER

_SHOWN: Final = 10


def helped(report: Report, zone: tzinfo) -> Section:
    """Return the section: who asked or was marked, who came to them, and how long it took."""
    ordered = sorted(report.help, key=lambda each: not each.is_open)
    shown, names = ordered[:_SHOWN], names_of(report)
    return Section(
        "help",
        drawn(wording.HELP),
        drawn((wording.WHO, wording.WHERE, wording.ASKED, wording.CAME, wording.MARKED)),
        [
            (
                names[each.student_id],
                each.exercise or NEVER,
                str(wording.NOT_ASKED) if each.asked_at is None else clock(each.asked_at, zone),
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
        more(len(ordered) - len(shown)) if shown else [str(wording.NO_HELP)],
    )


def _came(row: ReportHelp, zone: tzinfo) -> str:
    if row.visited_at is not None:
        return clock(row.visited_at, zone)
    return str(wording.NOT_SEEN if row.is_open else wording.TOOK_DOWN)


def _naive(moment: datetime, zone: tzinfo) -> datetime:
    """Return a time as the clock on the wall shows it: whatever draws it has no other zone."""
    return moment.astimezone(zone).replace(tzinfo=None)
