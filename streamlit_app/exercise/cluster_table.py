"""The failures that students share, one row each, as HTML. All data is escaped."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from typing import Final

from analytics.attention.responses import ErrorCluster
from streamlit_app.language.text import Text
from streamlit_app.page_parts.tables import Column, opens_to, row_cells, table, what_failed
from streamlit_app.page_parts.wording import NEW, age, got_past

CLUSTER_COLUMNS: Final = (
    Column(Text("Students"), is_number=True),
    Column(Text("Failure")),
    Column(Text("Where"), on_phone=False),
    Column(Text("Since"), is_number=True),
    Column(Text("Got past it"), on_phone=False),
)
CLUSTER_CAPTION: Final = Text("The same failure, across students")


def cluster_table(clusters: Iterable[ErrorCluster], names: Mapping[str, str], now: datetime) -> str:
    """Return one row a failure that students share; it opens to who they are and what they read.

    Args:
        clusters: The failures, in their order.
        names: How students are called, by id.
        now: The moment that ages are counted to.
    """
    rows = []
    for each in clusters:
        cells = [
            str(each.students),
            _told(each, names),
            escape(", ".join(place.exercise or "" for place in each.exercises)),
            f'<b class="cp-alarm">{NEW}</b>' if each.is_new else age(each.since, now),
            escape(got_past(each)),
        ]
        rows.append(f"<tr>{row_cells(CLUSTER_COLUMNS, cells)}</tr>")
    return table("cluster-table", CLUSTER_CAPTION, CLUSTER_COLUMNS, rows)


def _told(each: ErrorCluster, names: Mapping[str, str]) -> str:
    who = ", ".join(names.get(one.student_id, one.student_id) for one in each.who)
    messages = "\n".join(told.message for told in each.messages)
    return opens_to(what_failed(each), escape(who), escape(messages))
