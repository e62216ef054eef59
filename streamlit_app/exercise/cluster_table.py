"""The failures that students share, one row each, as HTML. All data is escaped."""

from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Final

from analytics.attention.responses import ErrorCluster
from streamlit_app.language.text import Text
from streamlit_app.page_parts.tables import Column, row_cells, table
from streamlit_app.page_parts.wording import NEW, UNNAMED, ago, got_past

CLUSTER_COLUMNS: Final = (
    Column(Text("Students"), is_number=True),
    Column(Text("Failure")),
    Column(Text("Where"), on_phone=False),
    Column(Text("Since"), is_number=True),
    Column(Text("Got past it"), on_phone=False),
)
CLUSTER_CAPTION: Final = Text("The same failure, across students")


def cluster_table(clusters: Iterable[ErrorCluster], now: datetime) -> str:
    """Return one row a failure that students share; names and messages as they were in a hint."""
    rows = []
    for each in clusters:
        names = ", ".join(student.student_id for student in each.who)
        messages = "\n".join(told.message for told in each.messages)
        cells = [
            f'<span title="{escape(names)}">{each.students}</span>',
            f'<span title="{escape(messages)}">{_failure(each)}</span>',
            escape(", ".join(place.exercise or "" for place in each.exercises)),
            f'<b class="cp-alarm">{NEW}</b>' if each.is_new else ago(each.since, now),
            f'<span title="{escape(each.fixed_code or "")}">{escape(got_past(each))}</span>',
        ]
        rows.append(f"<tr>{row_cells(CLUSTER_COLUMNS, cells)}</tr>")
    return table("cluster-table", CLUSTER_CAPTION, CLUSTER_COLUMNS, rows)


def _failure(cluster: ErrorCluster) -> str:
    return f"<b>{escape(cluster.error_name or str(UNNAMED))}</b> {escape(cluster.pattern or '')}"
