"""A line of ours says what the client's own Point would say."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from influxdb_client.client.write.point import Point
from influxdb_client.domain.write_precision import WritePrecision

from flows.log.logged_event import LoggedEvent
from flows.stores.influx_line import MEASUREMENT, TAGS, to_line
from ingest_api.events import ProgressEvent, StoredEvent

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_TEXTS = st.text(max_size=12) | st.text(alphabet='a ,="\\\n\t\r', max_size=6)
_NAMES = st.text(alphabet="aé学 ,=\"'.-", min_size=1, max_size=8).filter(
    lambda text: text == text.strip()
)


@st.composite
def _events(draw: st.DrawFn) -> LoggedEvent:
    sent = {
        "course_id": draw(_NAMES),
        "student_id": draw(_NAMES),
        "type": "cell_run",
        "status": draw(st.sampled_from(["ok", "error"])),
        "error_message": draw(_TEXTS),
        "duration_ms": draw(st.floats(0, 1e9) | st.sampled_from([0.0, 1.0, 1e-7])),
        "execution_count": draw(st.integers(0, 2**31)),
        "passed": draw(st.none() | st.booleans()),
        "room": draw(st.dictionaries(_TEXTS, st.integers() | _TEXTS, max_size=2)),
        "occurred_at": NOW - timedelta(microseconds=draw(st.integers(0, 10**9))),
    }
    stored = StoredEvent.accept(ProgressEvent.model_validate(sent), NOW)
    return LoggedEvent.decode("1772442000000-7", stored.to_json())


@given(_events())
def test_a_line_says_what_the_client_s_point_says(logged: LoggedEvent) -> None:
    """Tags, fields and time are escaped as InfluxDB's own client escapes them."""
    tags = Point(MEASUREMENT).field("x", 1).time(logged.position_ns, WritePrecision.NS)
    fields = []
    for name, value in logged.event:
        if name in TAGS:
            tags.tag(name, value)
        elif value is not None:
            alone = Point(MEASUREMENT).field(name, _plain(value)).to_line_protocol()
            fields.append(alone.removeprefix(f"{MEASUREMENT} "))
    assert to_line(logged) == tags.to_line_protocol().replace(" x=1i ", f" {','.join(fields)} ")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return value
