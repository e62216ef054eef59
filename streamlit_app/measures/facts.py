"""A few measures side by side, each with its “?”, its number and a link to the Measures page."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final

from analytics.measures.responses import MeasureDefinition, MeasureRow
from streamlit_app.language.text import Text
from streamlit_app.measures.wording import measured, shown_unit, span, title_of, why

INTERVAL: Final = Text("{lower} to {upper}")
HALF: Final = Text("half of the students at most {time}")
OPEN: Final = Text("{value}, {title}: the numbers behind it")


@dataclass(frozen=True)
class Fact:
    """One measure's number.

    Args:
        definition: What it means.
        row: The number.
        link: Address of the numbers behind it, as an attribute holds it; '' where the viewer may
            not see those.
        picture: HTML that is drawn under it.
    """

    definition: MeasureDefinition
    row: MeasureRow
    link: str
    picture: str = ""


def facts(all_facts: Iterable[Fact]) -> str:
    """Return measures side by side."""
    return f'<div class="cp-facts" data-testid="facts">{"".join(map(_fact, all_facts))}</div>'


def interval(row: MeasureRow, unit: str) -> str:
    """Say the interval of a number; '' where it has none."""
    extra = row.model_extra or {}
    lower, upper = extra.get("lower"), extra.get("upper")
    if not isinstance(lower, int | float) or not isinstance(upper, int | float):
        return ""
    return INTERVAL.format(lower=measured(lower, unit), upper=measured(upper, unit))


def _fact(fact: Fact) -> str:
    unit = fact.definition.unit
    median = (fact.row.model_extra or {}).get("median_seconds")
    notes = [shown_unit(unit)]
    if isinstance(median, int | float):
        notes.append(HALF.format(time=span(median)))
    ends = interval(fact.row, unit)
    small = f" <small>{escape(ends)}</small>" if ends else ""
    value = measured(fact.row.value, unit)
    shown = escape(value)
    if fact.link:
        label = escape(OPEN.format(value=value, title=title_of(fact.definition)))
        shown = f'<a href="{fact.link}" aria-label="{label}">{shown}</a>'
    return (
        f'<div data-measure="{escape(fact.definition.name)}">{why(fact.definition)}'
        f'<p class="cp-fact-value">{shown}{small}</p>'
        f'{fact.picture}<p class="cp-muted">{escape(" · ".join(notes))}</p></div>'
    )
