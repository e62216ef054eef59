"""Numbers, dates and times as the viewer's language writes them; time zones are the caller's."""

from datetime import datetime
from functools import lru_cache
from typing import Final

from babel.dates import format_skeleton, format_time
from babel.numbers import format_percent

from streamlit_app.language.text import decimal, locale

_UNITS: Final = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))


def number(value: float) -> str:
    """Write a number with up to three decimals."""
    return decimal(value, locale())


def size(in_bytes: float) -> str:
    """Write a number of bytes as people do, with one decimal."""
    unit, factor = next((each for each in _UNITS if in_bytes >= each[1]), _UNITS[-1])
    return f"{in_bytes / factor:,.1f} {unit}"


def percent(share: float) -> str:
    """Write a share of 0 to 1 in whole percent."""
    return _percent(share, locale())


def clock(when: datetime) -> str:
    """Write a time of day to the minute."""
    return format_time(when, "short", locale=locale())


def exact_clock(when: datetime) -> str:
    """Write a time of day to the second."""
    return format_time(when, "medium", locale=locale())


def day_and_clock(when: datetime) -> str:
    """Write a day of the year and the time to the minute."""
    return f"{_day(when)} {clock(when)}"


def day_and_exact_clock(when: datetime) -> str:
    """Write a day of the year and the time to the second."""
    return f"{_day(when)} {exact_clock(when)}"


def date_and_clock(when: datetime) -> str:
    """Write a day with its year, and the time to the minute."""
    return f"{format_skeleton('yMMMd', when, locale=locale())} {clock(when)}"


@lru_cache(maxsize=256)
def _percent(share: float, of: str) -> str:
    return format_percent(share, locale=of)


def _day(when: datetime) -> str:
    return format_skeleton("MMMd", when, locale=locale())
