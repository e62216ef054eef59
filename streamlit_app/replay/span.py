"""When a session of class begins and ends on the slider, and in which steps it is drawn there."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from analytics.class_view.responses import ClassSession

#: The slider has at most so many bars.
_BARS: Final = 1_000
#: The aggregation API counts no longer stretches of time together.
_LONGEST_BAR_MINUTES: Final = 1_440
#: What the class looked like when it was over can be seen too.
_AFTER: Final = timedelta(minutes=2)
_MINUTE: Final = timedelta(minutes=1)


def session_at(sessions: Sequence[ClassSession], moment: datetime | None) -> ClassSession:
    """Return the session of class that had begun last at a moment; without one, the latest.

    Args:
        sessions: Latest first, at least one.
        moment: The moment; None for the latest session.
    """
    if moment is None:
        return sessions[0]
    begun = (each for each in sessions if span_of(each)[0] <= moment)
    return next(begun, sessions[-1])


def span_of(met: ClassSession) -> tuple[datetime, datetime]:
    """Return the ends of the slider: whole minutes around a session of class, and one after it.

    What arrived late, as that of a class without network does, was not to be seen before.
    """
    came_late = met.started_at < met.arrived_at <= met.ended_at
    begin = met.arrived_at if came_late else met.started_at
    return _minute(begin), _minute(met.ended_at) + _AFTER


def opening_of(met: ClassSession) -> datetime:
    """Return the moment at which a session of class is opened: the end of its first minute.

    A session begins with something that somebody did, so there is something to see by then.
    """
    return span_of(met)[0] + _MINUTE


def bar_minutes(begin: datetime, end: datetime) -> int:
    """Return of how many minutes a bar of the slider is: of one but in the longest sessions."""
    return min(max(1, ceil((end - begin) / _MINUTE / _BARS)), _LONGEST_BAR_MINUTES)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
