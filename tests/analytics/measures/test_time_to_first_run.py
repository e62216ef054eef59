"""Time to the first run: from when the class met an exercise."""

from math import ceil
from statistics import median

from tests.analytics.measures.evidence import microseconds, near, on_any_history, place, works
from tests.analytics.measures.histories import BEGIN, Event
from tests.analytics.measures.memory_lake import MemoryLake


def reference(events: list[Event], share: float = 0.1) -> dict[tuple[str, str], float]:
    """Return the wait of each student and exercise, in seconds."""
    firsts: dict[str, list[tuple[str, Event]]] = {}
    for (student, exercise), work in works(events).items():
        if work.runs:
            firsts.setdefault(exercise, []).append((student, work.runs[0]))
    waits = {}
    for exercise, found in firsts.items():
        if len(found) < 2:
            continue
        in_order = sorted((run for _, run in found), key=lambda run: run["occurred_at"])
        met = in_order[max(1, ceil(share * len(found) - 1e-9)) - 1]
        for student, run in found:
            waits[student, exercise] = microseconds(met, run) / 1e6
    return waits


@on_any_history()
def test_it_is_the_wait_after_the_class_met_it(lake: MemoryLake, events: list[Event]) -> None:
    """Each pair has its wait; wider groups have the median; by run it is at the first run."""
    lake.clear()
    lake.write(events)
    for share in (0.1, 0.6):
        waits = reference(events, share)
        for pair, value in lake.values("time_to_first_run", met_share=share).items():
            assert value == near(waits.get(pair))
    waits = reference(events)
    for student, value in lake.values("time_to_first_run", "student").items():
        own = [wait for (whose, _), wait in waits.items() if whose == student]
        assert value == near(median(own) if own else None)
    for exercise, value in lake.values("time_to_first_run", "exercise").items():
        there = [wait for (_, which), wait in waits.items() if which == exercise]
        assert value == near(median(there) if there else None)
    everything = median(waits.values()) if waits else None
    assert lake.values("time_to_first_run", "course") == {None: near(everything)}
    opened = lake.values("time_to_first_run", "run")
    assert opened == {place(works(events)[pair].runs[0]): near(w) for pair, w in waits.items()}


def test_an_early_student_does_not_move_the_class(lake: MemoryLake) -> None:
    """With 20 students the class meets an exercise with the second; the first is before it."""
    lake.write(
        {
            "student_id": f"s{number:02}",
            "exercise": "1",
            "status": "ok",
            "occurred_at": BEGIN.replace(minute=0 if number == 0 else 30 + number),
        }
        for number in range(20)
    )
    waits = lake.values("time_to_first_run")
    assert waits["s00", "1"] == -31 * 60
    assert waits["s01", "1"] == 0
    assert waits["s03", "1"] == 120


def test_one_student_is_no_class(lake: MemoryLake) -> None:
    """Where only one student ran an exercise nobody can be late."""
    lake.write([{"student_id": "ada", "exercise": "1", "status": "ok", "occurred_at": BEGIN}])
    assert lake.values("time_to_first_run") == {("ada", "1"): None}
