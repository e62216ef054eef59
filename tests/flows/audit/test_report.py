"""What an audit says, as text and as JSON."""

import json

import pytest

from flows.audit.finding import Finding, KnownLoss, Place, SetAside
from flows.audit.remedy import remedy
from flows.audit.report import AuditReport

PLACE = Place("demo", "s1", "k1", "5-0", "7-0", 3, 4)
FINDING = Finding("lost", "lake", PLACE, 2, "2 events must be here", "rebuild")


def report(counts: dict[str, int], findings: list[Finding]) -> AuditReport:
    return AuditReport(
        as_of={"log": "9-0", "lake": "8-0"},
        events=12,
        counts=counts,
        findings=findings,
        known_losses=[KnownLoss(Place("demo", "s1", "k1", None, None, 8, 8), 1, "2026-03-02")],
        known_loss_events=1,
        set_aside=[SetAside("postgres", Place("demo", "s2", first_position="6-0"), "too long")],
        set_aside_events=1,
        notes=["something"],
    )


def test_a_clean_audit_names_losses_and_what_was_set_aside() -> None:
    """Known losses and events set aside are listed, and are no findings."""
    assert report({}, []).as_text().splitlines() == [
        "as of: log 9-0, lake 8-0",
        "note: something",
        "known losses: 1",
        "  course demo, student s1, session k1, seq 8: 1 missing, before 2026-03-02",
        "set aside: 1",
        "  postgres, course demo, student s2, position 6-0: too long",
        "all agree on 12 events",
    ]


def test_a_finding_is_a_line_and_more_of_its_kind_are_counted() -> None:
    """Each kind has its count, its first twenty lines, and how many more there are."""
    lines = report({"lost": 50}, [FINDING] * 30).as_text().splitlines()
    shown = (
        "  lake, course demo, student s1, session k1, seq 3 to 4, position 5-0 to 7-0: "
        "2 events must be here. What to do: rebuild."
    )
    start = lines.index("lost: 50")
    assert lines[start + 1 :] == [
        *[shown] * 20,
        "  … and 30 more",
        "not all agree on 12 events: see above",
    ]


def test_a_lag_alone_is_said_to_be_no_damage() -> None:
    """Stores that are only behind are not called damaged."""
    [*_, last] = report({"not_yet_there": 1}, []).as_text().splitlines()
    assert last == "no damage in 12 events, but not every store has come to the end"


def test_json_has_each_finding_flat() -> None:
    """A finding's place is beside its kind, and `ok` tells the verdict."""
    told = json.loads(json.dumps(report({"lost": 1}, [FINDING]).as_json()))
    assert told["ok"] is False
    assert told["findings"] == [
        {
            "kind": "lost",
            "store": "lake",
            "course_id": "demo",
            "student_id": "s1",
            "session_id": "k1",
            "first_position": "5-0",
            "last_position": "7-0",
            "first_seq": 3,
            "last_seq": 4,
            "events": 2,
            "message": "2 events must be here",
            "todo": "rebuild",
        }
    ]
    assert told["set_aside"][0]["reason"] == "too long"
    assert report({}, []).as_json()["ok"] is True


@pytest.mark.parametrize("store", ["log", "influxdb", "postgres", "lake"])
def test_every_store_has_a_remedy(store: str) -> None:
    """Whatever is wrong, there is something to be told about what to do."""
    for kind in ("lost", "duplicated", "foreign", "changed", "wrong_sum", "not_yet_there"):
        assert remedy(kind, store, full_log=False)
    assert "cellpulse status" in remedy("not_yet_there", store, full_log=True)
