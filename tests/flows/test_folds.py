"""What one event does to a student's state and to a session."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from flows.log.logged_event import LoggedEvent, position_from_ns, position_ns
from flows.stores.folds import CurrentState, SessionState

Make = Callable[..., LoggedEvent]


def fold(events: list[LoggedEvent]) -> CurrentState:
    state = CurrentState.before(events[0])
    for logged in events:
        state = state.after(logged)
    return state


def test_the_error_streak_counts_the_latest_runs_that_failed(event: Make) -> None:
    """A streak grows with each failed run and ends with any other run."""
    statuses = ["error", "ok", "error", "error"]
    events = [event(n, status=status) for n, status in enumerate(statuses)]
    assert fold(events).error_streak == 2
    assert fold([*events, event(5, status="interrupted")]).error_streak == 0
    state = fold(events)
    assert (state.runs, state.errors, state.last_status) == (4, 3, "error")


def test_a_heartbeat_is_seen_but_is_no_run(event: Make, start: datetime) -> None:
    """Events that are not runs move the time of the latest sign, and nothing else."""
    state = fold([event(0, exercise="1.1"), event(60, type="heartbeat", status=None)])
    assert (state.runs, state.exercise) == (1, "1.1")
    assert state.last_seen_at == start + timedelta(seconds=60)


def test_a_clock_that_runs_ahead_does_not_keep_a_student_present(
    event: Make, start: datetime
) -> None:
    """A client's time counts only as far as the server's own."""
    state = fold([event(0, occurred_at="2026-03-09T00:00:00Z")])
    assert state.last_seen_at == start


def test_runs_of_yesterday_that_arrive_late_do_not_say_where_a_student_is(
    event: Make, start: datetime
) -> None:
    """A run older than the latest one known adds to runs and errors, and to nothing else."""
    now = [event(n, exercise="2.1", notebook="b.ipynb", status="error") for n in range(2)]
    yesterday = {"occurred_at": start - timedelta(days=1), "exercise": "1.1", "notebook": "a.ipynb"}
    leftovers = [
        event(10, status="ok", **yesterday),
        event(11, status="error", **yesterday),
        event(12, status="interrupted", **yesterday),
    ]
    state = fold([*now, *leftovers])
    assert state == replace(fold(now), runs=5, errors=3, last_seen_at=state.last_seen_at)
    assert (state.exercise, state.notebook, state.error_streak) == ("2.1", "b.ipynb", 2)
    assert state.last_run_at == state.last_seen_at == start + timedelta(seconds=1)


def test_a_sign_that_is_no_run_makes_no_run_late(event: Make, start: datetime) -> None:
    """Lateness is measured against runs: a heartbeat that overtook a run does not hide it."""
    beat = event(60, type="heartbeat", status=None)
    run = event(61, exercise="1.1", occurred_at=start + timedelta(seconds=30))
    state = fold([beat, run])
    assert (state.exercise, state.last_run_at) == ("1.1", start + timedelta(seconds=30))
    assert state.last_seen_at == start + timedelta(seconds=60)


def test_of_two_runs_at_the_same_time_the_later_in_the_log_counts(
    event: Make, start: datetime
) -> None:
    """The log's order decides where clocks do not."""
    state = fold([event(0, exercise="1.1"), event(1, exercise="1.2", occurred_at=start)])
    assert state.exercise == "1.2"


def session(event: Make, numbers: list[int]) -> SessionState:
    events = [event(n, session_id="k", seq=seq) for n, seq in enumerate(numbers)]
    state = SessionState.before(events[0])
    for logged in events:
        state = state.after(logged)
    return state


@pytest.mark.parametrize(
    ("numbers", "gaps"),
    [
        ([1, 2, 3], ()),
        ([3], ((1, 3),)),
        ([1, 5], ((2, 5),)),
        ([1, 5, 3], ((2, 3), (4, 5))),
        ([1, 5, 2, 4, 3], ()),
        ([0, 1, 2], ()),
        ([2, 1], ()),
        ([1, 1_790_000_000_000], ()),
    ],
)
def test_gaps_are_the_numbers_that_have_not_arrived(
    event: Make, numbers: list[int], gaps: tuple[tuple[int, int], ...]
) -> None:
    """A jump opens a gap, a late arrival closes it; numbers start at 1."""
    state = session(event, numbers)
    assert state.gaps == gaps
    assert state.lost_events == sum(end - first for first, end in gaps)


def test_gaps_are_right_for_any_order_of_arrival(event: Make) -> None:
    """For random arrivals the gaps are exactly the missing numbers below the highest."""
    for seed in range(50):
        numbers = random.Random(seed).sample(range(1, 40), 15)
        state = session(event, numbers)
        missing = {n for n in range(1, max(numbers)) if n not in numbers}
        assert {n for first, end in state.gaps for n in range(first, end)} == missing


def test_a_late_run_leaves_the_state_that_it_would_have_left_in_its_place(event: Make) -> None:
    """Whatever runs surround it, an event that comes late ends in the same state and gaps."""
    for seed in range(300):
        chance = random.Random(seed)
        events = [
            event(
                n,
                session_id="k",
                seq=n + 1,
                exercise=f"1.{n}",
                **_any_event(chance),
            )
            for n in range(chance.randint(1, 8))
        ]
        late = chance.randrange(len(events))
        before, later = events[:late], events[late + 1 :]
        state, life = CurrentState.before(events[late]), SessionState.before(events[late])
        if before or later:
            state, life = fold([*before, *later]), SessionState.before([*before, *later][0])
        for logged in [*before, *later]:
            life = life.after(logged)
        assert state.after_late(events[late], later) == fold(events)
        assert life.after_late(events[late], later).gaps == ()


def _any_event(chance: random.Random) -> dict[str, object]:
    if chance.random() < 0.2:
        return {"type": "heartbeat", "status": None}
    notebook = chance.choice([None, "a.ipynb", "b.ipynb"])
    return {"status": chance.choice(["ok", "error", "error"]), "notebook": notebook}


def test_a_late_run_whose_successors_are_not_known_counts_and_stays_in_the_past(
    event: Make,
) -> None:
    """Without what follows it in the log a late run is counted; what is current stays."""
    state = fold([event(5, status="error", exercise="1.2")])
    late = state.after_late(event(0, exercise="1.1"), None)
    assert (late.runs, late.errors, late.error_streak, late.exercise) == (2, 1, 1, "1.2")


def test_a_position_and_its_number_are_the_same_thing() -> None:
    """A position turns into nanoseconds and back, and the numbers order as the log does."""
    positions = ["0-0", "1-0", "1-1", "1-999999", "2-0", "1795479151968-12"]
    numbers = [position_ns(position) for position in positions]
    assert numbers == sorted(set(numbers))
    assert [position_from_ns(number) for number in numbers] == positions
