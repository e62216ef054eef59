"""Answers that are shared: who asks the same while it is being read waits for the next reading.

A class of instructors asks the same few questions whenever the numbers have moved. Without this
each reads for itself, and readers who come faster than they can be served wait ever longer. What
one gets was read after one asked, so nobody gets older numbers than alone.
"""

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Any, TypeVar, cast

_Answer = TypeVar("_Answer")


class SharedAnswers:
    """Asks each question once at a time; safe to use from many threads."""

    def __init__(self) -> None:
        self._changing = Lock()
        self._running: dict[Hashable, Future[Any]] = {}
        self._next: dict[Hashable, Future[Any]] = {}

    def answer(self, question: Hashable, ask: Callable[[], _Answer]) -> _Answer:
        """Return what `ask` returns or raises, called by whoever came first.

        Args:
            question: Equal for those that have the same answer.
            ask: Reads the answer.
        """
        with self._changing:
            mine = self._next.get(question)
            is_first = mine is None
            if mine is None:
                mine = self._next[question] = Future()
            running = self._running.get(question)
        if is_first:
            self._ask_after(running, mine, question, ask)
        return cast("_Answer", mine.result())

    def _ask_after(
        self,
        running: Future[Any] | None,
        mine: Future[Any],
        question: Hashable,
        ask: Callable[[], Any],
    ) -> None:
        if running is not None:
            running.exception()  # waits; whether it failed is told to those who asked for it
        with self._changing:
            # Whoever asks from here on may ask for what this reading no longer sees.
            del self._next[question]
            self._running[question] = mine
        try:
            mine.set_result(ask())
        except BaseException as error:  # noqa: BLE001 - raised again in every thread that waits
            mine.set_exception(error)
        finally:
            with self._changing:
                if self._running.get(question) is mine:
                    del self._running[question]
