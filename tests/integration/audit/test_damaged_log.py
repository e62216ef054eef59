"""`cellpulse audit` names what the log lost, or took twice."""

from ingest_api.event_log import LOG
from tests.integration.audit.audited_class import SEQ_5, Class, about, run


def test_an_entry_that_is_gone_from_the_log_is_lost(klass: Class) -> None:
    """The running numbers show what was deleted from the log, whether or not a store has it."""
    positions = klass.teach()
    klass.redis.xdel(LOG, positions[4])
    assert klass.findings() == {("lost", "log", "k1")}
    klass.redis.xdel(LOG, positions[-1])
    assert klass.findings() == {("lost", "log", "k1"), ("lost", "log", None)}
    klass.accept(run("s1", "k1", 6))
    [gone, _] = klass.accept(run("s1", "k1", 7), run("s1", "k1", 8))
    klass.redis.xdel(LOG, gone)
    klass.write()
    [*_, finding] = [f for f in klass.audit().findings if f.store == "log"]
    assert (about(finding), finding.events) == (("lost", "log", None), 1)
    assert "in another store: 0" in finding.message


def test_an_event_that_was_accepted_twice_is_a_duplicate(klass: Class) -> None:
    """A Redis that forgot what it had accepted takes a repeat, and the audit finds it."""
    klass.teach()
    for key in klass.redis.scan_iter("progress-events:session:*"):
        klass.redis.delete(key)
    klass.accept(run("s1", "k1", 5))
    klass.write()
    assert klass.findings() == {("duplicated", "log", "k1")}


def test_a_redis_that_was_replaced_is_no_damage(klass: Class) -> None:
    """A new Redis knows of no earlier event; the stores are compared with each other."""
    klass.teach()
    klass.redis.flushall()
    assert klass.audit().findings == []
    klass.accept(run("s1", "k1", 6))
    klass.write()
    report = klass.audit()
    assert report.findings == []
    assert "not the Redis that accepted them" in report.notes[0]
    klass.damage_lake(f"DELETE {SEQ_5}")
    assert klass.findings() == {("lost", "lake", "k1")}


def test_what_the_log_dropped_before_a_store_had_it_is_lost(klass: Class) -> None:
    """A store that can't catch up any more has lost events; it is not merely behind."""
    klass.teach()
    klass.accept(run("s1", "k1", 6), run("s1", "k1", 7))
    klass.write("influxdb")
    klass.redis.xtrim(LOG, maxlen=1, approximate=False)
    assert klass.findings() == {
        ("lost", "lake", "k1"),
        ("lost", "postgres", "k1"),
        ("not_yet_there", "lake", None),
        ("not_yet_there", "postgres", None),
    }
