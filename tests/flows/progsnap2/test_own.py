"""What we wrote comes back, whatever students wrote."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from flows.log.logged_event import LoggedEvent
from flows.progsnap2.columns import COLUMNS
from flows.progsnap2.export import write_csv
from flows.progsnap2.rows import rows_of
from flows.stores.lake import _row
from ingest_api.events import ProgressEvent, StoredEvent

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_whatever_the_contract_accepts_comes_back(
    data_sets: Any, sent_events: st.SearchStrategy[dict[str, Any]], data: st.DataObject
) -> None:
    """Each field of each event is what it was, through the CSV and back."""
    sent = data.draw(st.lists(sent_events, min_size=1, max_size=20))
    originals = []
    for fields in sent:
        try:
            event = ProgressEvent.model_validate(fields | {"course_id": "study"})
        except ValidationError:
            continue
        originals.append(StoredEvent.accept(event, NOW))
    assume(len({event.event_id for event in originals}) == len(originals) > 0)
    write_data_set(data_sets, originals)

    events = [ProgressEvent.model_validate(event) for event in data_sets.events()]
    for event, original in zip(events, originals, strict=True):
        assert dict(event) == {k: v for k, v in dict(original).items() if k != "received_at"}


def write_data_set(data_sets: Any, events: list[StoredEvent]) -> None:
    rows, codes = [], {}
    for place, event in enumerate(events):
        state = f"c{place}" if event.code else ""
        codes[state] = event.code or ""
        for row in rows_of(_row(LoggedEvent(f"{place}-0", event)), state):
            rows.append(row | {"Order": str(len(rows))})
    table = ([row.get(column, "") for column in COLUMNS] for row in rows)
    write_csv(data_sets.folder / "MainTable.csv", COLUMNS, table)
    write_csv(data_sets.folder / "CodeStates.csv", ("CodeStateID", "Code"), codes.items())
