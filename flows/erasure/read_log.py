"""A person's events in the log."""

from collections.abc import Iterator

from pydantic import ValidationError
from pydantic_core import to_json
from redis import Redis

from flows.erasure.stream import Fields, pages
from flows.log.logged_event import LoggedEvent, position_ns
from flows.personal_data.gather import Person
from ingest_api.event_log import LOG


class InLog:
    """Tells whether an entry of the log is an event of a person, up to a position."""

    def __init__(self, person: Person, up_to: str) -> None:
        self._person = person
        self._up_to_ns = position_ns(up_to)
        self._who = to_json(person.student_id)

    def __call__(self, entry_id: bytes, fields: Fields) -> bool:
        """Tell it of an entry."""
        return (
            position_ns(entry_id.decode()) <= self._up_to_ns
            and self.decode(entry_id, fields) is not None
        )

    def decode(self, entry_id: bytes, fields: Fields) -> LoggedEvent | None:
        """Return the event of an entry if it is the person's, whatever its position."""
        stored = fields.get(b"event", b"")
        # Far quicker than to read every event of the class.
        if self._who not in stored:
            return None
        try:
            logged = LoggedEvent.decode(entry_id.decode(), stored)
        except ValidationError:
            return None
        event = logged.event
        mine = (event.course_id, event.student_id)
        return logged if mine == (self._person.course_id, self._person.student_id) else None


def events_of(redis: Redis, person: Person, up_to: str) -> Iterator[LoggedEvent]:
    """Yield a person's events in the log up to a position, in order.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    mine = InLog(person, up_to)
    for page in pages(redis, LOG):
        for entry_id, fields in page:
            if mine(entry_id, fields) and (logged := mine.decode(entry_id, fields)):
                yield logged


def events_after(redis: Redis, position: str, last_ns: int) -> Iterator[LoggedEvent]:
    """Yield everybody's events between two positions, without the first, in order.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    for page in pages(redis, LOG, f"({position}"):
        for entry_id, fields in page:
            if position_ns(entry_id.decode()) > last_ns:
                return
            try:
                yield LoggedEvent.decode(entry_id.decode(), fields.get(b"event", b""))
            except ValidationError:
                continue
