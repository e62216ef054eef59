"""How a measure's units and names are said, in English: these are what a catalogue translates."""

from typing import Final

_SECONDS: Final = "seconds"
#: Words of a time's unit instead of `seconds`, where the number itself names minutes and hours.
_TIME: Final = "time"


def is_time(unit: str) -> bool:
    """Tell whether numbers of this unit are seconds."""
    return unit.startswith(_SECONDS)


def without_seconds(unit: str) -> str:
    """Return a unit of a number that names minutes and hours itself."""
    return unit.replace(_SECONDS, _TIME, 1) if is_time(unit) else unit


def in_minutes(unit: str) -> str:
    """Return a unit where times are in minutes."""
    return unit.replace(_SECONDS, "minutes", 1) if is_time(unit) else unit


def in_words(name: str) -> str:
    """Return a column's or parameter's name as words."""
    return name.replace("_", " ")


def without_unit(column: str) -> str:
    """Return a column's name without the unit, which its numbers say themselves."""
    return column.removesuffix("_seconds")
