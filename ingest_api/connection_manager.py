"""The dashboards that are connected now, by course, and how each gets every event once."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from ingest_api.portion import Portion
from ingest_api.tokens import ALL_COURSES

#: Messages that wait for a client that does not read; past this it is closed with 1013.
MESSAGES_WAITING: Final = 10_000


class Subscription:
    """One dashboard: the messages that wait for it, in order."""

    def __init__(self, course_id: str, *, signals: bool) -> None:
        self.course_id = course_id
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
    """Hands each event of a course to every dashboard of that course."""

    def __init__(self) -> None:
        self._subscriptions: defaultdict[str, set[Subscription]] = defaultdict(set)

    def __len__(self) -> int:
        return sum(len(of_course) for of_course in self._subscriptions.values())

    def connect(self, subscription: Subscription) -> None:
        """Begin to hand events to a dashboard."""
        self._subscriptions[subscription.course_id].add(subscription)

    def disconnect(self, subscription: Subscription) -> None:
        """Forget a dashboard."""
        of_course = self._subscriptions.get(subscription.course_id, set())
        of_course.discard(subscription)
        if not of_course:
            self._subscriptions.pop(subscription.course_id, None)

    def send_events(self, events: Sequence[tuple[str, str, str]]) -> None:
        """Hand events to every dashboard of their course; none of them can hold up another.

        Args:
            events: Each event's course, its log position and the message that says it.
        """
        for key, subscriptions in self._subscriptions.items():
            messages = [
                (position, message)
                for course_id, position, message in events
                if key in (ALL_COURSES, course_id)
            ]
            portion = Portion(messages)
            for subscription in subscriptions if messages else ():
                subscription.offer(portion)

    def send_signal(self, courses: list[str], message: str) -> None:
        """Hand a signal to the dashboards of some courses that asked for signals."""
        portion = Portion([(None, message)])
        for key in {*courses, ALL_COURSES}:
            for subscription in self._subscriptions.get(key, ()):
                if subscription.signals:
                    subscription.offer(portion)
