"""`cellpulse audit` finds nothing where nothing is wrong, or is only on its way."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from flows.enrollment.enroll import enroll
from flows.log.logged_event import LoggedEvent
from flows.log.rejected import RejectedStream
from flows.settings import InfluxSettings
from flows.stores.postgres import engine_for
from flows.stores.store import PoisonEventError, Store
from ingest_api.event_log import LOG
from tests.integration.audit.audited_class import NOW, STORES, Class, about, run


class Refusing:
    """A store that refuses one student's events, as a store refuses what it can't hold."""

    def __init__(self, store: Store, student: str) -> None:
        self.name, self.batch_events = store.name, store.batch_events
        self._store = store
        self._student = student

    def apply(
        self,
        events: Sequence[LoggedEvent],
        position: str,
        skipped: Sequence[str] = (),
        *,
        after: str | None = None,
    ) -> None:
        if any(event.event.student_id == self._student for event in events):
            raise PoisonEventError(f"refuses {self._student}")
        self._store.apply(events, position, skipped, after=after)

    def position(self) -> str | None:
        return self._store.position()


def test_an_empty_class_is_clean(klass: Class) -> None:
    """Before the first event there is nothing to find."""
    assert klass.audit().ok


def test_a_healthy_class_is_clean(klass: Class) -> None:
    """Repeats, gaps, late arrivals, events without a session and a roster are no damage."""
    klass.teach()
    engine = engine_for(klass.settings.postgres_url)
    enroll(engine, "demo", {name: {"section": "A"} for name in ("s1", "never seen")})
    engine.dispose()
    report = klass.audit()
    assert report.findings == []
    assert report.ok
    assert report.events == 13
    assert [
        (loss.place.session_id, loss.place.first_seq, loss.place.last_seq, loss.events)
        for loss in report.known_losses
    ] == [("k1", 3, 3, 1), ("k2", 5, 8, 4)]
    assert report.known_loss_events == 5


def any_event(choose: random.Random) -> dict[str, Any]:
    """Return an event that is legal, and as odd as it may be."""
    kind = choose.choice(
        ["cell_run"] * 4 + ["check_result", "session_started", "session_ended", "heartbeat"]
    )
    at = NOW - timedelta(seconds=choose.randrange(-200, 4_000), microseconds=choose.randrange(2))
    seqs = (0, 1, 2, 3, 4, 5, 7, 9, 1_000_004, 1_000_005, 1_000_010, 2_000_007, 10**12)
    event: dict[str, Any] = {
        "type": kind,
        "course_id": choose.choice(["demo", "other"]),
        "student_id": choose.choice(["s1", "s2", "s3"]),
        "notebook": choose.choice([None, "", "a.ipynb", "b.ipynb"]),
        "exercise": choose.choice([None, "", "1.1", "1.2"]),
        "status": choose.choice(["ok", "error", "error", "interrupted"]),
        "duration_ms": choose.choice([None, 0.0, -0.0, 0.1, 0.2, 1e15, 3]),
        "occurred_at": choose.choice([None, at.isoformat()]),
        "extra": choose.choice([None, {"a": [1.0, 1e300, 10**30, "\u00e9/\U0001f600"], "b": {}}]),
    }
    if kind == "check_result":
        event |= {"check_name": "c", "passed": choose.random() < 0.5}
    if choose.random() < 0.8:
        event |= {"session_id": choose.choice(["k1", "k2"]), "seq": choose.choice(seqs)}
    return event


@pytest.mark.parametrize("seed", range(3))
def test_odd_classes_are_clean(klass: Class, seed: int) -> None:
    """The audit's own definitions agree with the writers on any legal events, in any batches."""
    choose = random.Random(seed)
    for _ in range(6):
        klass.accept(*(any_event(choose) for _ in range(choose.randrange(1, 80))))
        klass.write()
    report = klass.audit()
    assert report.findings == []
    assert report.known_loss_events > 1_000_000


def test_a_store_that_is_behind_is_not_yet_there(klass: Class) -> None:
    """Events that a store has yet to write are its lag, and nothing else."""
    klass.teach()
    klass.accept(run("s1", "k1", 6), run("s1", "k1", 7))
    klass.write("influxdb")
    report = klass.audit()
    assert [(about(finding), finding.events) for finding in report.findings] == [
        (("not_yet_there", "lake", None), 2),
        (("not_yet_there", "postgres", None), 2),
    ]
    assert not report.ok


def test_what_a_store_refused_is_set_aside(klass: Class) -> None:
    """A poison event in the rejected stream is listed, and missed in no other store."""
    for name in STORES:
        klass.stores[name] = Refusing(klass.stores[name], f"poison to {name}")  # type: ignore[assignment]
    klass.redis.xadd(LOG, {"event": "not an event"})
    klass.accept(*(run(f"poison to {name}", f"of {name}", 1) for name in STORES), run("s9"))
    klass.teach()
    report = klass.audit()
    assert report.findings == []
    shown = {(aside.store, aside.place.student_id) for aside in report.set_aside}
    assert shown == {("log", None)} | {(name, f"poison to {name}") for name in STORES}
    assert report.set_aside_events == 4
    aside = RejectedStream(klass.redis)
    assert aside.drop(aside.all()) == 4
    report = klass.audit()
    assert report.findings == []
    assert {entry.reason for entry in report.set_aside} == {"dropped by the operator"}


def test_a_store_that_refused_an_event_without_setting_it_aside_lost_it(klass: Class) -> None:
    """Without its entry in the rejected stream a refused event is lost."""
    klass.stores["lake"] = Refusing(klass.stores["lake"], "s3")  # type: ignore[assignment]
    klass.teach()
    klass.redis.delete("progress-events:rejected", "progress-events:rejected-places")
    assert ("lost", "lake", "other numbering") in klass.findings()


def test_a_log_that_was_trimmed_is_no_damage(klass: Class) -> None:
    """Below the log's start InfluxDB takes its place, and the running numbers agree."""
    klass.teach()
    klass.redis.xtrim(LOG, maxlen=3, approximate=False)
    report = klass.audit()
    assert (report.findings, report.notes) == ([], [])
    klass.redis.xtrim(LOG, maxlen=0, approximate=False)
    assert (klass.audit().findings, klass.audit().events) == ([], 13)


def test_without_influxdb_the_rest_is_compared(klass: Class) -> None:
    """Without a full log the audit says so, and still finds what the lake lost."""
    klass.settings = klass.settings.model_copy(update={"influx": InfluxSettings()})
    klass.stores.pop("influxdb")
    klass.teach()
    report = klass.audit()
    assert report.findings == []
    assert "the full log is off" in report.notes[0]
    klass.damage_lake("DELETE FROM lake.events WHERE session_id = 'k1' AND seq = 5")
    assert klass.findings() == {("lost", "lake", "k1")}
    klass.redis.xtrim(LOG, maxlen=3, approximate=False)
    assert ("lost", "lake", None) in klass.findings()


def test_a_course_is_audited_alone(klass: Class) -> None:
    """`--course` finds what is wrong in the course, and nothing of another one."""
    klass.teach()
    klass.damage_lake("DELETE FROM lake.events WHERE course_id = 'other'")
    klass.damage_postgres("UPDATE student_states SET runs = 9 WHERE course_id = 'other'")
    assert klass.audit("demo").findings == []
    assert klass.audit("demo").events == 12
    assert {about(finding) for finding in klass.audit("other").findings} == {
        ("lost", "lake", None),
        ("wrong_state", "postgres", None),
    }
