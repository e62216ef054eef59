"""Sharing answers: one reading at a time, never an older one, and an error for all who wait."""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Lock

import pytest

from analytics.lake.shared_answers import SharedAnswers


class Readings:
    """Counts readings, and ends each when the test says so."""

    def __init__(self) -> None:
        self.begun: list[Event] = [Event() for _ in range(10)]
        self.may_end: list[Event] = [Event() for _ in range(10)]
        self.count = 0
        self._counting = Lock()

    def __call__(self) -> int:
        """Return the number of this reading."""
        with self._counting:
            number, self.count = self.count, self.count + 1
        self.begun[number].set()
        assert self.may_end[number].wait(30)
        return number


def _wait_until_asked(shared: SharedAnswers, *asked: "Future[int]") -> None:
    """Wait until the threads wait for the next reading, as far as it can be seen from outside."""
    for each in asked:
        while not each.running():
            pass
    while not shared._next:
        pass


def test_those_who_ask_meanwhile_share_the_next_reading() -> None:
    """The first reads alone; the four who come meanwhile get one reading that began after."""
    shared, readings = SharedAnswers(), Readings()
    with ThreadPoolExecutor(5) as threads:
        first = threads.submit(shared.answer, "q", readings)
        assert readings.begun[0].wait(30)
        others = [threads.submit(shared.answer, "q", readings) for _ in range(4)]
        _wait_until_asked(shared, *others)
        assert not readings.begun[1].is_set()
        readings.may_end[0].set()
        assert readings.begun[1].wait(30)
        for event in readings.may_end:
            event.set()
        assert first.result(30) == 0
        # One of the four can have come when the second reading had begun: then it has a third.
        assert {each.result(30) for each in others} <= {1, 2}
    assert readings.count <= 3


def test_other_questions_are_not_waited_for() -> None:
    """Two questions are read at the same time."""
    shared, readings = SharedAnswers(), Readings()
    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(shared.answer, name, readings) for name in ("a", "b")]
        assert readings.begun[1].wait(30)
        readings.may_end[0].set()
        readings.may_end[1].set()
        assert {each.result(30) for each in both} == {0, 1}


def test_a_reading_that_fails_fails_for_who_waits_and_for_nobody_after() -> None:
    """The next one who asks reads anew."""
    shared = SharedAnswers()

    def fail() -> int:
        raise ValueError("away")

    with pytest.raises(ValueError, match="away"):
        shared.answer("q", fail)
    assert shared.answer("q", lambda: 7) == 7


def test_each_question_is_read_after_it_was_asked() -> None:
    """Whoever changes something and asks gets the change, however many others ask."""
    shared, value, changing = SharedAnswers(), [0], Lock()

    def change_and_ask(_: int) -> bool:
        with changing:
            value[0] += 1
            mine = value[0]
        return shared.answer("q", lambda: value[0]) >= mine

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(change_and_ask, range(2_000)))
