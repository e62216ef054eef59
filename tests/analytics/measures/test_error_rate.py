"""Error rate: a plain share."""

from tests.analytics.measures.evidence import near, on_any_history
from tests.analytics.measures.histories import BEGIN, Event
from tests.analytics.measures.memory_lake import MemoryLake


def reference(runs: list[Event]) -> float | None:
    """Return the share of runs that failed."""
    failed = [run for run in runs if run["status"] == "error"]
    return len(failed) / len(runs) if runs else None


@on_any_history()
def test_it_is_the_share_of_runs_that_failed(lake: MemoryLake, events: list[Event]) -> None:
    """Each student, exercise, both and the class have their share; an interrupted run is none."""
    lake.clear()
    lake.write(events)
    runs = [event for event in events if event["type"] == "cell_run"]
    for (student, exercise), value in lake.values("error_rate").items():
        own = [r for r in runs if (r["student_id"], r["exercise"]) == (student, exercise)]
        assert value == near(reference(own))
    for student, value in lake.values("error_rate", "student").items():
        assert value == near(reference([r for r in runs if r["student_id"] == student]))
    for exercise, value in lake.values("error_rate", "exercise").items():
        assert value == near(reference([r for r in runs if r["exercise"] == exercise]))
    assert lake.values("error_rate", "course") == {None: near(reference(runs))}
    opened = list(lake.values("error_rate", "run").values())
    assert len(opened) == len(runs)
    assert sum(opened) == sum(run["status"] == "error" for run in runs)


def test_results_without_a_run_are_too_little(lake: MemoryLake) -> None:
    """Who has check results and no run has no error rate."""
    event = {"type": "check_result", "check_name": "one", "passed": True, "occurred_at": BEGIN}
    lake.write([event | {"student_id": "ada", "exercise": "1"}])
    assert lake.values("error_rate") == {("ada", "1"): None}
