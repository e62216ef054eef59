"""Numbers, dates and times as the viewer's language writes them; time zones are the caller's."""

from datetime import datetime

from babel.dates import format_skeleton, format_time
from babel.numbers import format_decimal, format_percent

from streamlit_app.language.text import locale


def number(value: float) -> str:
    """Write a number with up to three decimals."""
    return format_decimal(value, locale=locale())


def percent(share: float) -> str:
    """Write a share of 0 to 1 in whole percent."""
    return format_percent(share, locale=locale())


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


def _day(when: datetime) -> str:
    return format_skeleton("MMMd", when, locale=locale())
