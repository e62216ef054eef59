"""Events as the log holds them, for what is measured behind the ingest."""

from datetime import timedelta
from itertools import islice

from bench.events import cell_runs
from flows.logged_event import LoggedEvent
from ingest_api.events import ProgressEvent, StoredEvent


def stored_events(number: int, seed: int = 0) -> list[LoggedEvent]:
    """Return events with their positions, each received 50 ms after it happened."""
    events = []
    for sent in islice(cell_runs(seed), number):
        event = ProgressEvent.model_validate(sent)
        if event.occurred_at is None:
            raise ValueError("an event of the benchmark has no time")
        received = event.occurred_at + timedelta(milliseconds=50)
        position = f"{int(received.timestamp() * 1000)}-0"
        events.append(LoggedEvent(position, StoredEvent.accept(event, received)))
    return events
