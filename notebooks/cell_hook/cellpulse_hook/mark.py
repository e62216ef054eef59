"""What one way of marking says of one cell."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Optional


class Mark(NamedTuple):
    """As `marks.MarkedCell`, without what every cell has."""

    exercise: str
    marker: str
    key: str
    check: Optional[str] = None
    check_kind: Optional[str] = None
    points: Optional[float] = None


def read_points(value: Any) -> Optional[float]:
    """Return points that are a number of 0 or more, also as text; the sum of a list of them."""
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
    return points if math.isfinite(points) and points >= 0 else None
