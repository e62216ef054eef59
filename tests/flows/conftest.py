"""Events for the stores."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.logged_event import LoggedEvent
from ingest_api.events import ProgressEvent, StoredEvent

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def start() -> datetime:
    """Return the time of the first event that `event` makes."""
    return START


@pytest.fixture
def event() -> Callable[..., LoggedEvent]:
    """Return a function that makes the event at log place `number`, a second after the last."""

    def make(number: int, **fields: Any) -> LoggedEvent:
        at = START + timedelta(seconds=number)
        sent = {"course_id": "demo", "student_id": "s1", "status": "ok"} | fields
        position = f"{int(at.timestamp() * 1000)}-0"
        return LoggedEvent(
            position, StoredEvent.accept(ProgressEvent.model_validate(sent), received_at=at)
        )

    return make
