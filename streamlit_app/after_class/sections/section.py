"""What a section of the report is made of, and what several of them write alike."""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo

import pandas as pd

from streamlit_app.after_class import wording
from streamlit_app.language.text import Text


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


def clock(moment: datetime, zone: tzinfo) -> str:
    """Return the time of day of a moment."""
    return f"{moment.astimezone(zone):%H:%M}"


def more(rows: int) -> list[str]:
    """Return a note on the rows that are left out; none where there are none."""
    return [wording.MORE_ROWS.format(rows)] if rows > 0 else []


def drawn(texts: tuple[Text, ...]) -> tuple[str, ...]:
    """Return texts in the language in which the report is made."""
    return tuple(map(str, texts))
