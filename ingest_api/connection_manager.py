"""The dashboards that are connected now, by course, and how each gets every event once."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ingest_api.course_sections import CourseSections
from ingest_api.portion import Portion
from ingest_api.tokens import ALL_COURSES

#: Messages that wait for a client that does not read; past this it is closed with 1013.
MESSAGES_WAITING: Final = 10_000


@dataclass(frozen=True)
class Part:
    """What a dashboard shows.

    Attributes:
        course_id: The course; `ALL_COURSES` for every one.
        sections: Only students who are in one of these sections of it now; None for all.
    """

    course_id: str
    sections: frozenset[str] | None = None

    def holds(self, course_id: str, student_id: str, known: CourseSections) -> bool:
        """Tell whether a student's event is shown."""
        return self.course_id in (ALL_COURSES, course_id) and (
            self.sections is None or known.is_in(course_id, student_id, self.sections)
        )


class Subscription:
    """One dashboard: the messages that wait for it, in order."""

    def __init__(self, part: Part, *, signals: bool) -> None:
        self.part = part
        self.signals = signals
        self.lagging = asyncio.Event()
        self._portions: asyncio.Queue[Portion] = asyncio.Queue()
        self._waiting = 0

    def offer(self, portion: Portion) -> None:
        """Hand over messages, or mark the client as lagging when too many wait already."""
        if self._waiting + len(portion.messages) > MESSAGES_WAITING:
            self.lagging.set()
            return
        self._waiting += len(portion.messages)
        self._portions.put_nowait(portion)

    async def next(self) -> Portion:
        """Return the next messages."""
        portion = await self._portions.get()
        self._waiting -= len(portion.messages)
        return portion


class ConnectionManager:
    """Hands each event of a course to every dashboard of that course, or of its section."""

    def __init__(self, sections: CourseSections) -> None:
        self.sections = sections
        self._subscriptions: defaultdict[Part, set[Subscription]] = defaultdict(set)

    def __len__(self) -> int:
        return sum(len(of_part) for of_part in self._subscriptions.values())

    def connect(self, subscription: Subscription) -> None:
        """Begin to hand events to a dashboard."""
        self._subscriptions[subscription.part].add(subscription)

    def disconnect(self, subscription: Subscription) -> None:
        """Forget a dashboard."""
        of_part = self._subscriptions.get(subscription.part, set())
        of_part.discard(subscription)
        if not of_part:
            self._subscriptions.pop(subscription.part, None)

    def send_events(self, events: Sequence[tuple[str, str, str, str]]) -> None:
        """Hand events to every dashboard that shows them; none of them can hold up another.

        Args:
            events: Each event's course and student, its log position and the message that says it.
        """
        for part, subscriptions in self._subscriptions.items():
            messages = [
                (position, message)
                for course_id, student_id, position, message in events
                if part.holds(course_id, student_id, self.sections)
            ]
            portion = Portion(messages)
            for subscription in subscriptions if messages else ():
                subscription.offer(portion)

    def send_signal(self, courses: list[str], message: str) -> None:
        """Hand a signal to the dashboards of some courses that asked for signals."""
        portion = Portion([(None, message)])
        told = {*courses, ALL_COURSES}
        for part, subscriptions in self._subscriptions.items():
            for subscription in subscriptions if part.course_id in told else ():
                if subscription.signals:
                    subscription.offer(portion)
