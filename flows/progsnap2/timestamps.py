"""Times as data sets write them: ISO 8601 with and without a zone, or seconds since 1970."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final
from zoneinfo import ZoneInfo

_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?([eE]\+?\d+)?")
_OFFSET: Final = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d{1,2}):?(\d{2})?")
_LONG_FRACTION: Final = re.compile(r"(\.\d{6})\d+")
#: From these on a number is of milliseconds, microseconds, nanoseconds.
_UNITS: Final = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def read_timestamp(text: str, zone: str = "") -> datetime:
    """Return a time in UTC.

    Args:
        text: ISO 8601, with a blank for the T or not, or a number of seconds, milliseconds,
            microseconds or nanoseconds since 1970, told apart by its size.
        zone: What the time zone's column says, for a time that has none itself; '' for UTC.

    Raises:
        ValueError: It is none of these, or not between the years 1970 and 2200.
    """
    if _NUMBER.fullmatch(text):
        found = _from_number(text)
    else:
        found = datetime.fromisoformat(_LONG_FRACTION.sub(r"\1", text.strip()))
        if found.tzinfo is None:
            found = found.replace(tzinfo=_zone(zone))
    found = found.astimezone(UTC)
    if not _EARLIEST <= found < _LATEST:
        raise ValueError(f"{text!r} is not between the years 1970 and 2200")
    return found


def _from_number(text: str) -> datetime:
    number = float(text)
    unit = next((unit for start, unit in _UNITS if number >= start), 1)
    whole, _, fraction = text.partition(".")
    if fraction or "e" in text.lower():
        microseconds = round(number * 1e6 / unit)
    else:
        microseconds = int(whole) * 1_000_000 // int(unit)
    try:
        return _EARLIEST + timedelta(microseconds=microseconds)
    except OverflowError as error:
        raise ValueError(f"{text!r} is not between the years 1970 and 2200") from error


def _zone(name: str) -> timezone | ZoneInfo:
    name = name.strip()
    if name in ("", "0", "Z", "UTC", "GMT"):
        return UTC
    offset = _OFFSET.fullmatch(name)
    if offset is None:
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{name!r} is no time zone") from error
    sign, hours, minutes = offset.groups()
    east = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return timezone(east if sign == "+" else -east)
