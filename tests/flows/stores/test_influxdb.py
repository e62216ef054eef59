"""InfluxDB's writer and reader, on a real server and with a mocked client."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from unittest.mock import MagicMock

import httpx
import pytest
from influxdb_client.rest import ApiException

from flows.log.logged_event import LoggedEvent, position_from_ns
from flows.settings import InfluxSettings
from flows.stores.influxdb import InfluxReader, InfluxWriter
from flows.stores.store import PoisonEventError, StoreUnavailableError
from ingest_api.events import TEXT_CAPS

Make = Callable[..., LoggedEvent]

FULL: dict[str, Any] = {
    "session_id": "k",
    "seq": 1,
    "notebook": "a b,c=d.ipynb",
    "cell_id": "c1",
    "exercise": '1.1 "quoted" \\ back',
    "execution_count": 3,
    "status": "error",
    "error_name": "NameError",
    "error_message": "line one\nline two 'x' \"y\" \\",
    "duration_ms": 2.0,
    "occurred_at": "2026-03-02T08:59:59.123456Z",
    "code_sha256": "0" * 64,
    "code_lines": 2,
    "code_chars": 20,
    "code": "print('学生 😀')\n",
    "output": "",
    "check_name": "c",
    "passed": False,
    "points": 0.5,
    "points_possible": 1.0,
    "help_message": "why?",
    "hook_version": "0.1.0",
    "room": {"seat": [1, None, "é"], "x": 1.0},
}


@pytest.fixture
def writer(influx_settings: InfluxSettings) -> Iterator[InfluxWriter]:
    """Return a writer of an empty bucket."""
    with closing(InfluxWriter(influx_settings)) as writer:
        yield writer


@pytest.fixture
def reader(influx_settings: InfluxSettings) -> Iterator[InfluxReader]:
    """Return a reader of the same bucket."""
    with closing(InfluxReader(influx_settings)) as reader:
        yield reader


def apply(writer: InfluxWriter, events: list[LoggedEvent]) -> None:
    writer.apply(events, events[-1].position)


def read(reader: InfluxReader, last: LoggedEvent) -> list[LoggedEvent]:
    return [logged for batch in reader.batches(last.position_ns) for logged in batch]


def test_every_field_comes_back_equal(
    writer: InfluxWriter, reader: InfluxReader, event: Make
) -> None:
    """An event with every field, and the least one, are read back as they were written."""
    events = [event(0, **FULL), event(1), event(2, student_id='\'; DROP 学 a,b=c "q"')]
    apply(writer, events)
    assert read(reader, events[-1]) == events


def test_texts_at_their_cap_come_back_whole(
    writer: InfluxWriter, reader: InfluxReader, event: Make
) -> None:
    """The longest texts that the contract keeps, in four-byte characters, are stored whole."""
    events = [event(0, **{name: "😀" * cap for name, cap in TEXT_CAPS.items()})]
    apply(writer, events)
    assert read(reader, events[-1]) == events


def test_a_point_has_three_tags_and_the_position_as_time(
    writer: InfluxWriter, influx_settings: InfluxSettings, event: Make
) -> None:
    """InfluxQL finds the point under its tags, at the log position in nanoseconds."""
    logged = event(0, exercise="1.1")
    apply(writer, [logged])
    answer = httpx.get(
        f"{influx_settings.url}/query",
        params={
            "db": influx_settings.bucket,
            "epoch": "ns",
            "q": "SELECT exercise FROM progress_event WHERE course_id='demo' "
            "AND student_id='s1' AND type='cell_run'",
        },
    )
    [series] = answer.json()["results"][0]["series"]
    assert series["values"] == [[logged.position_ns, "1.1"]]


def test_a_batch_that_comes_again_changes_nothing(
    writer: InfluxWriter, reader: InfluxReader, event: Make
) -> None:
    """A repeat overwrites its own points."""
    events = [event(n) for n in range(3)]
    apply(writer, events)
    apply(writer, events)
    assert reader.count() == 3


def test_a_batch_of_which_every_event_was_set_aside_is_taken(writer: InfluxWriter) -> None:
    """Nothing is left to write, and that is no error."""
    writer.apply([], "1-0", ["1-0"])


def test_many_events_are_read_in_order_over_several_pages(
    writer: InfluxWriter, reader: InfluxReader, event: Make
) -> None:
    """More events than a page come back in log order, many within one millisecond, none twice."""
    stored = event(0).event
    events = [LoggedEvent(position_from_ns(10**15 + n), stored) for n in range(5_500)]
    apply(writer, events)
    assert [e.position_ns for e in read(reader, events[-1])] == [e.position_ns for e in events]
    assert len(read(reader, events[99])) == 100
    assert reader.last_ns() == events[-1].position_ns


def test_every_point_is_read_also_two_of_the_same_time(
    writer: InfluxWriter, reader: InfluxReader, event: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages end between two times, so that none of the points of one time is left out."""
    monkeypatch.setattr("flows.stores.influxdb._POINTS_PAGE", 3)
    events = [event(n) for n in range(4)] + [event(2, student_id="s2"), event(9)]
    apply(writer, events)
    pages = list(reader.points(-1, event(3).position_ns))
    assert [len(page) for page in pages] == [2, 2, 1]
    times = [point["time"] for page in pages for point in page]
    assert times == [event(n).position_ns for n in (0, 1, 2, 2, 3)]
    assert [len(page) for page in reader.points(event(3).position_ns, 2**63 - 2)] == [1]


def test_points_of_one_course_are_read_alone(
    writer: InfluxWriter, reader: InfluxReader, event: Make
) -> None:
    """A course is found by its id, whatever signs are in it."""
    course = 'it\'s "a" course 学'
    apply(writer, [event(0), event(1, course_id=course)])
    [[point]] = reader.points(-1, event(1).position_ns, course)
    assert point["course_id"] == course


def test_a_reader_without_a_token_reads_where_none_is_asked_for(
    writer: InfluxWriter, influx_settings: InfluxSettings, event: Make
) -> None:
    """A server without authentication needs no `INFLUXDB_TOKEN`."""
    apply(writer, [event(0)])
    without = InfluxSettings(
        INFLUXDB_URL=influx_settings.url, INFLUXDB_BUCKET=influx_settings.bucket
    )
    with closing(InfluxReader(without)) as reader:
        assert reader.count() == 1


def test_an_empty_bucket_has_no_events(reader: InfluxReader, event: Make) -> None:
    """Nothing written, nothing read."""
    assert (reader.count(), reader.last_ns(), read(reader, event(0))) == (0, 0, [])


def test_a_server_that_is_away_is_named(event: Make) -> None:
    """An unreachable server raises our error in writer and reader, with the cause kept."""
    away = InfluxSettings(INFLUXDB_URL="http://127.0.0.1:1")
    with closing(InfluxWriter(away)) as writer, pytest.raises(StoreUnavailableError) as raised:
        apply(writer, [event(0)])
    assert raised.value.__cause__ is not None
    with closing(InfluxReader(away)) as reader, pytest.raises(StoreUnavailableError):
        reader.count()


def test_what_the_server_refuses_is_poison(
    writer: InfluxWriter, influx_settings: InfluxSettings, event: Make
) -> None:
    """A batch that the server answers with 400 is told apart from a server that is away."""
    logged = event(0, duration_ms=5)
    line = (
        "progress_event,course_id=demo,student_id=s1,type=cell_run "
        f'duration_ms="text" {logged.position_ns + 1}'
    )
    httpx.post(
        f"{influx_settings.url}/api/v2/write",
        params={"bucket": influx_settings.bucket, "precision": "ns"},
        content=line,
    ).raise_for_status()
    with pytest.raises(PoisonEventError, match="400"):
        apply(writer, [logged])


def test_a_server_that_refuses_everything_is_unavailable(
    influx_settings: InfluxSettings, event: Make
) -> None:
    """Where no other point is taken either, no event is poison: all of them wait."""
    gone = influx_settings.model_copy(update={"bucket": ""})
    with closing(InfluxWriter(gone)) as writer, pytest.raises(StoreUnavailableError, match="any"):
        apply(writer, [event(0)])


def test_a_batch_that_is_too_large_can_be_halved(
    writer: InfluxWriter, event: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a mocked client: 413 is told apart from a server that is away, so that halving helps."""
    mocked = MagicMock()
    mocked.write.side_effect = [ApiException(status=413, reason="too large"), None]
    monkeypatch.setattr(writer, "_write", mocked)
    with pytest.raises(PoisonEventError, match="413"):
        apply(writer, [event(0)])


def test_one_event_gives_the_right_point(
    writer: InfluxWriter,
    influx_settings: InfluxSettings,
    event: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a mocked client: one event is one call with one line in the right bucket."""
    mocked = MagicMock()
    monkeypatch.setattr(writer, "_write", mocked)
    logged = event(0, seq=7, session_id="k")
    apply(writer, [logged])
    [call] = mocked.write.call_args_list
    assert call.kwargs["bucket"] == influx_settings.bucket
    line = call.kwargs["record"]
    assert line.startswith("progress_event,course_id=demo,student_id=s1,type=cell_run ")
    assert "seq=7i" in line
    assert line.endswith(str(logged.position_ns))
