"""Answers that are asked for once: shared by the open pages of a viewer, or asked for ahead."""

import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from math import inf
from threading import Lock
from typing import Any, Final, TypeVar, cast

_Answer = TypeVar("_Answer")
_Asked = tuple[float, Future[Any]]

#: No answer is kept for longer, in seconds.
LONGEST_SECONDS: Final = 60.0
#: One that was asked for ahead does so long, in seconds: a page that opens draws itself anew soon.
AHEAD_SECONDS: Final = 10.0


class SharedAnswers:
    """Asks each question once at a time; safe to use from many threads.

    A question has to be another one wherever its answer may be: whose token it is asked with is a
    part of it.
    """

    def __init__(self) -> None:
        self._changing = Lock()
        self._shared: dict[Hashable, _Asked] = {}
        self._ahead: dict[Hashable, _Asked] = {}

    def within(self, seconds: float) -> Callable[[Hashable, Callable[[], Any]], Any]:
        """Return what asks, unless somebody has asked in the last seconds; then all get that."""

        def answer(question: Hashable, ask: Callable[[], _Answer]) -> _Answer:
            now = time.monotonic()
            with self._changing:
                asked_at, found = self._shared.get(question, (-inf, Future()))
                is_new = now > asked_at + seconds
                if is_new:
                    found = _keep(self._shared, question, now)
            if is_new:
                _fill(found, ask)
            return cast("_Answer", found.result())

        return answer

    def ask_ahead(self, question: Hashable, ask: Callable[[], _Answer]) -> _Answer:
        """Ask, and keep the answer for whoever takes it first."""
        with self._changing:
            found = _keep(self._ahead, question, time.monotonic())
        _fill(found, ask)
        return cast("_Answer", found.result())

    def take(self, question: Hashable, ask: Callable[[], _Answer]) -> _Answer:
        """Return what was asked for ahead, once; ask where nothing was, or it failed."""
        with self._changing:
            asked_at, found = self._ahead.pop(question, (-inf, None))
        is_young = time.monotonic() < asked_at + AHEAD_SECONDS
        if found is None or not is_young or found.exception() is not None:
            return ask()
        return cast("_Answer", found.result())


def _keep(kept: dict[Hashable, _Asked], question: Hashable, now: float) -> Future[Any]:
    """Keep an answer that is still to come, and forget those that are old."""
    for each in [each for each, (at, _) in kept.items() if now > at + LONGEST_SECONDS]:
        del kept[each]
    found: Future[Any] = Future()
    kept[question] = (now, found)
    return found


def _fill(found: Future[Any], ask: Callable[[], Any]) -> None:
    try:
        found.set_result(ask())
    except BaseException as error:  # noqa: BLE001 - raised again in every thread that waits
        found.set_exception(error)
