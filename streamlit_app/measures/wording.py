"""How the pages say a measure's numbers and what they mean. A number that lacks is never 0."""

import re
from datetime import datetime
from html import escape
from typing import Final
from urllib.parse import quote

from pydantic import JsonValue

from analytics.measures.responses import MeasureDefinition
from streamlit_app.language.formats import day_and_exact_clock, exact_clock, number
from streamlit_app.language.measure_units import in_minutes, in_words, is_time, without_seconds
from streamlit_app.language.text import Text
from streamlit_app.page_parts.units import SOURCE, UNIT
from streamlit_app.session import local_zone

NOT_ENOUGH: Final = Text("not enough data")
OUTSIDE: Final = Text("outside exercises")
AS_OF: Final = Text("as of {time}")
WHY: Final = Text("What is “{title}”?")
SPANS: Final = {
    "seconds": Text("{seconds} s"),
    "minutes": Text("{minutes} min"),
    "both": Text("{minutes} min {seconds} s"),
    "hours": Text("{hours} h {minutes} min"),
    "days": Text("{days} d {hours} h"),
}
MINUTES: Final = Text("minutes")
#: What tells that an exercise is solved, by the value of `solved_by`.
EVIDENCE: Final = {"check": Text("a check"), "run": Text("a run"), "both": Text("both")}

_DOI: Final = re.compile(r"doi:(?P<doi>10\.\S+)")
_ENDS: Final = re.compile(r"(^|, )(?P<low>0|-1)( \([^)]*\))? to 1\b")
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_LONG_MINUTES = 10
_MANY = 100


def shown_unit(unit: str) -> str:
    """Return a unit as it stands beside a number that `measured` wrote."""
    return str(Text(without_seconds(unit)))


def axis_unit(unit: str) -> tuple[str, float]:
    """Return the unit of a chart's axis, and how many of the measure's own make one of it."""
    return str(Text(in_minutes(unit))), float(_MINUTE) if is_time(unit) else 1.0


def ends(unit: str) -> tuple[float, float] | None:
    """Return the lowest and the highest value that there can be; None where nothing bounds both."""
    found = _ENDS.search(unit)
    return None if found is None else (float(found["low"]), 1.0)


def measured(value: float | None, unit: str) -> str:
    """Say a number of a measure."""
    if value is None:
        return str(NOT_ENOUGH)
    if is_time(unit):
        return span(value)
    return _plain(value, places=2 if ends(unit) else 1)


def span(seconds: float) -> str:
    """Say a length of time, as coarsely as one needs it."""
    sign = "\N{MINUS SIGN}" if seconds <= -0.5 else ""  # noqa: PLR2004 - rounds to nothing
    whole = round(abs(seconds))
    if whole < _MINUTE:
        return sign + SPANS["seconds"].format(seconds=whole)
    if whole < _LONG_MINUTES * _MINUTE:
        minutes, rest = divmod(whole, _MINUTE)
        form = SPANS["both"] if rest else SPANS["minutes"]
        return sign + form.format(minutes=minutes, seconds=rest)
    if whole < _HOUR:
        return sign + SPANS["minutes"].format(minutes=round(whole / _MINUTE))
    if whole < _DAY:
        hours, minutes = divmod(round(whole / _MINUTE), 60)
        return sign + SPANS["hours"].format(hours=hours, minutes=minutes)
    days, hours = divmod(round(whole / _HOUR), 24)
    return sign + SPANS["days"].format(days=days, hours=hours)


def told(name: str, value: JsonValue, unit: str) -> str:
    """Say the value of a further column of a measure; what is no single value is left out.

    In a measure of time, every number that is not whole by its type (a count) is a time too.
    """
    if isinstance(value, str):
        known = EVIDENCE.get(value) if name == "solved_by" else None
        return str(known) if known else _moment(value) if name.endswith("_at") else value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    if name.endswith("_seconds") or (is_time(unit) and isinstance(value, float)):
        return span(value)
    if name.startswith("points"):
        return f"{value:g}"
    return number(value) if isinstance(value, int) else _plain(value, places=2)


def heading(name: str) -> str:
    """Return a column's or parameter's name as words."""
    return str(Text(in_words(name)))


def title_of(definition: MeasureDefinition) -> str:
    """Return a measure's name for people."""
    return str(Text(definition.title))


def exercise_name(exercise: str | None) -> str:
    """Return an exercise's name; what is done outside of all has one too."""
    return exercise or str(OUTSIDE)


def as_of(time: datetime) -> str:
    """Say from when numbers are, in the instructor's time zone."""
    return AS_OF.format(time=exact_clock(time.astimezone(local_zone())))


def in_english(source: str) -> str:
    """Return a source, as HTML that tells its language: a title is never translated."""
    return f'<span lang="en">{with_links(source)}</span>'


def with_links(source: str) -> str:
    """Return a source as HTML in which each DOI is a link."""
    parts, end = [], 0
    for found in _DOI.finditer(source):
        doi = found["doi"].rstrip(".,;")
        parts.append(escape(source[end : found.start()]))
        parts.append(
            f'<a href="https://doi.org/{escape(quote(doi, safe="/:;().-"))}" target="_blank">'
            f"doi:{escape(doi)}</a>"
        )
        end = found.start("doi") + len(doi)
    return "".join(parts) + escape(source[end:])


def why(definition: MeasureDefinition) -> str:
    """Return a measure's title with a small “?”, which opens by click and by keyboard."""
    label = escape(WHY.format(title=title_of(definition)))
    unit = escape(UNIT.format(unit=Text(definition.unit)))
    source = SOURCE.format(source=in_english(definition.source))
    return (
        f'<details class="cp-why" data-testid="why"><summary title="{label}">'
        f'<span>{escape(title_of(definition))}</span><span class="cp-mark">?</span></summary>'
        f"<p>{escape(str(Text(definition.meaning)))} {unit} {source}</p></details>"
    )


def _plain(value: float, *, places: int) -> str:
    is_whole = float(value).is_integer() and places == 1
    text = f"{value:,.{0 if is_whole or abs(value) >= _MANY else places}f}"
    return text.replace("-", "\N{MINUS SIGN}")


def _moment(text: str) -> str:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return text
    return day_and_exact_clock(time.astimezone(local_zone()))
