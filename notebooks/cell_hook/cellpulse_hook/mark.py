"""What one way of marking says of one cell."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

#: Largest number of points that the server takes.
MOST_POINTS = 2.0**53 - 1


class Mark(NamedTuple):
    """As `marks.MarkedCell`, without what every cell has."""

    exercise: str
    marker: str
    key: str
    check: Optional[str] = None
    check_kind: Optional[str] = None
    points: Optional[float] = None


def read_points(value: Any) -> Optional[float]:
    """Return points that the server takes, also as text; the sum of a list of them."""
    if isinstance(value, list):
        parts = [read_points(part) for part in value]
        known = [part for part in parts if part is not None]
        return sum(known) if known and len(known) == len(parts) else None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        points = float(value)
    except (ValueError, OverflowError):
        return None
    return points if 0 <= points <= MOST_POINTS else None  # not a number is neither
