"""The dashboards that are connected now, by course, and how each gets every event once."""

import asyncio
from collections import defaultdict
from typing import Final

from ingest_api.tokens import ALL_COURSES

#: Messages that wait for a client that does not read; past this it is closed with 1013.
MESSAGES_WAITING: Final = 10_000


class Subscription:
    """One dashboard: the messages that wait for it, in order."""

    def __init__(self, course_id: str, *, signals: bool) -> None:
        self.course_id = course_id
        self.signals = signals
        self.lagging = asyncio.Event()
        self._messages: asyncio.Queue[tuple[str | None, str]] = asyncio.Queue(MESSAGES_WAITING)

    def offer(self, position: str | None, message: str) -> None:
        """Hand over a message, or mark the client as lagging when too many wait already."""
        try:
            self._messages.put_nowait((position, message))
        except asyncio.QueueFull:
            self.lagging.set()

    async def next(self) -> tuple[str | None, str]:
        """Return the next message with its log position; a signal has none."""
        return await self._messages.get()


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

    def send_event(self, course_id: str, position: str, message: str) -> None:
        """Hand an event to every dashboard of its course; none of them can hold up another."""
        for key in {course_id, ALL_COURSES}:
            for subscription in self._subscriptions.get(key, ()):
                subscription.offer(position, message)

    def send_signal(self, courses: list[str], message: str) -> None:
        """Hand a signal to the dashboards of some courses that asked for signals."""
        for key in {*courses, ALL_COURSES}:
            for subscription in self._subscriptions.get(key, ()):
                if subscription.signals:
                    subscription.offer(None, message)
