"""`cellpulse audit` names each damage to InfluxDB, and its remedy mends it."""

from uuid import uuid4

import pytest

from ingest_api.event_log import LOG
from tests.integration.audit.audited_class import WHERE, Class, about, place_of_no_event, run


@pytest.mark.parametrize("where", WHERE)
def test_points_that_were_never_accepted(klass: Class, where: str) -> None:
    """A copy of an event is a duplicate, another one is foreign, wherever it stands."""
    at = place_of_no_event(klass, where)
    [(entry, _)] = klass.redis.xrange(LOG, count=1)
    klass.write_point(entry.decode(), at)
    late = where == WHERE[2]
    expected = ("foreign", "influxdb", None) if late else ("duplicated", "influxdb", "k1")
    assert klass.findings() == {expected}
    klass.write_point(entry.decode(), at, event_id=uuid4())
    assert klass.findings() == {("foreign", "influxdb", None if late else "k1")}


def test_damage_to_influxdb_is_named_and_the_remedy_mends_it(klass: Class) -> None:
    """A point that is gone, doubled, changed or moved is found; the log puts it right again."""
    first, _second, third, *_ = klass.teach()

    def mend(*positions: str) -> None:
        for position in positions:
            klass.delete_point(position)
        klass.redis.xgroup_setid(LOG, "influxdb", "0")
        klass.write("influxdb")
        assert klass.audit().ok

    klass.delete_point(third)
    assert klass.findings() == {("lost", "influxdb", "k1")}
    mend()
    klass.write_point(third, third, student_id="s7")
    assert klass.findings() == {("duplicated", "influxdb", "k1")}
    mend(third)
    klass.write_point(third, third, error_message="another")
    assert klass.findings() == {("changed", "influxdb", "k1")}
    assert "found another error_message" in klass.messages()
    mend(third)
    klass.delete_point(first)
    klass.delete_point(third)
    klass.write_point(first, third)
    klass.write_point(third, first)
    assert [about(finding) for finding in klass.audit().findings] == [
        ("out_of_order", "influxdb", "k1"),
        ("out_of_order", "influxdb", "k1"),
    ]
    mend(first, third)
    klass.accept(run("s1", "k1", 6))
    klass.write("postgres", "lake")
    klass.redis.xgroup_setid(LOG, "influxdb", klass.accept(run("s1", "k1", 7))[0])
    klass.write("postgres", "lake")
    [finding] = klass.audit().findings
    assert (about(finding), finding.place.first_seq, finding.place.last_seq) == (
        ("lost", "influxdb", "k1"),
        6,
        7,
    )
    mend()


def test_a_point_that_is_gone_below_the_logs_start_is_lost(klass: Class) -> None:
    """The lake is the witness of what InfluxDB lost, and both of what the log dropped."""
    _, _second, third, *_ = klass.teach()
    klass.redis.xtrim(LOG, maxlen=3, approximate=False)
    klass.delete_point(third)
    assert klass.findings() == {("lost", "influxdb", "k1")}
    klass.damage_lake(f"DELETE FROM lake.events WHERE position = '{third}'")
    assert ("lost", "influxdb", None) in klass.findings()
    assert "expected 10 events before the log's oldest one" in klass.messages()
