"""Events as the log holds them, for what is measured behind the ingest."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import islice
from typing import Any

from bench.events import cell_runs
from flows.log.logged_event import LoggedEvent
from ingest_api.events import ProgressEvent, StoredEvent


def stored_events(number: int, seed: int = 0) -> list[LoggedEvent]:
    """Return the first events of a class as they are stored."""
    return stored(islice(cell_runs(seed), number))


def stored(sent: Iterable[Mapping[str, Any]]) -> list[LoggedEvent]:
    """Return events with their positions, each received 50 ms after it happened."""
    events = []
    for each in sent:
        event = ProgressEvent.model_validate(each)
        if event.occurred_at is None:
            raise ValueError("an event of the benchmark has no time")
        received = event.occurred_at + timedelta(milliseconds=50)
        position = f"{int(received.timestamp() * 1000)}-0"
        events.append(LoggedEvent(position, StoredEvent.accept(event, received)))
    return events
