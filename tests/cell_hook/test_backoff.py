"""No stampede: a whole class comes back, in virtual time, with the hook's real pauses."""

import heapq
import statistics
from bisect import bisect_right
from collections.abc import Iterator
from random import Random

import pytest
from cellpulse_hook.answer import Answer, Meaning
from cellpulse_hook.backoff import pause_s

CLASS = 500
#: Each student runs a cell every 20 s, so this many requests a second are the steady rate.
CELL_EVERY_S = 20.0
STEADY = CLASS / CELL_EVERY_S
WINDOW_S = 5.0
BEGINS_S = 60.0
AFTER_S = 120.0
SEEDS = range(20)

AWAY = Answer(Meaning.LATER)
DENIED = Answer(Meaning.DENIED)


def _full(retry_after_s: float) -> Answer:
    return Answer(Meaning.LATER, retry_after_s=retry_after_s)


def _requests(
    students: int, outage_s: float, answer: Answer, random: Random, at_once: bool = False
) -> Iterator[tuple[float, bool]]:
    """Yield each request's time, and whether it ends a student's outage.

    A hook sends when a cell was run, unless it pauses after a failure; what was run by then goes
    with the next request. With `at_once`, all run a cell as the outage begins.
    """
    ends_s = BEGINS_S + outage_s
    failures = [0] * students
    due = [(random.uniform(0, CELL_EVERY_S), student, False) for student in range(students)]
    if at_once:
        due += [(BEGINS_S, student, True) for student in range(students)]
    heapq.heapify(due)
    while due[0][0] < ends_s + answer.retry_after_s + AFTER_S:
        now, student, again = heapq.heappop(due)
        if not again:
            # People are no clocks.
            heapq.heappush(due, (now + CELL_EVERY_S * random.uniform(0.5, 1.5), student, False))
        if failures[student] and not again:
            continue  # it pauses
        if BEGINS_S <= now < ends_s:
            failures[student] += 1
            wait_s = pause_s(failures[student], answer, random.uniform)
            heapq.heappush(due, (now + wait_s, student, True))
            yield now, False
        else:
            yield now, failures[student] > 0
            failures[student] = 0


def _busiest_window(times: list[float]) -> int:
    """Return the most requests within any 5 s."""
    assert times
    return max(bisect_right(times, begins + WINDOW_S) - index for index, begins in enumerate(times))


@pytest.mark.parametrize("outage_s", [2, 5, 10, 15, 60, 600])
def test_a_class_comes_back_without_a_stampede(outage_s: float) -> None:
    """When a server that was away is back, 500 hooks make at most twice the steady requests."""
    for seed in SEEDS:
        requests = _requests(CLASS, outage_s, AWAY, Random(seed))
        reached = [at for at, _ in requests if at >= BEGINS_S + outage_s]
        assert _busiest_window(reached) <= 2 * STEADY * WINDOW_S, f"seed {seed}"


@pytest.mark.parametrize("outage_s", [2, 10, 60, 600])
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(_full(2), id="full for 2 s"),
        pytest.param(_full(60), id="full for 60 s"),
        pytest.param(DENIED, id="denied"),
    ],
)
def test_a_server_that_refuses_is_not_pressed(outage_s: float, answer: Answer) -> None:
    """While a server answers that it is full, and after it, the same bound holds."""
    for seed in SEEDS:
        times = [at for at, _ in _requests(CLASS, outage_s, answer, Random(seed))]
        assert _busiest_window(times) <= 2 * STEADY * WINDOW_S, f"seed {seed}"


@pytest.mark.parametrize("outage_s", [2, 10, 60, 600])
@pytest.mark.parametrize("retry_after_s", [1, 2, 30, 600])
def test_a_class_that_is_told_to_wait_at_once_does_not_return_at_once(
    outage_s: float, retry_after_s: float
) -> None:
    """All 500 hooks that a full log tells the same time at the same moment spread after it."""
    for seed in SEEDS:
        random = Random(seed)
        requests = _requests(CLASS, outage_s, _full(retry_after_s), random, at_once=True)
        times = [at for at, _ in requests if at > BEGINS_S]
        assert _busiest_window(times) <= 2 * STEADY * WINDOW_S, f"seed {seed}"


def test_one_student_is_back_soon_after_a_short_outage() -> None:
    """After a server was away for 2 s, half of those who ran a cell are back within 2 s."""
    delays = []
    for seed in range(2_000):
        for at, is_back in _requests(1, 2, AWAY, Random(seed)):
            if is_back:
                delays.append(at - BEGINS_S - 2)
    assert len(delays) > 100
    assert statistics.median(delays) < 2


def test_nobody_waits_long_once_the_server_is_there() -> None:
    """After an hour's outage the last student is back within 40 s."""
    returns = [at for at, is_back in _requests(CLASS, 3600, AWAY, Random(1)) if is_back]
    assert len(returns) == CLASS
    assert max(returns) <= BEGINS_S + 3600 + 40
