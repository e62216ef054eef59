"""Answers that are kept: given again as long as nothing was committed since they were read.

Who may see an answer is decided before it is looked for, at each request, and what it is confined
to is part of the question: so an answer is never given to somebody with other rights.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any, Final, TypeVar, cast

from analytics.lake.shared_answers import SharedAnswers

_Answer = TypeVar("_Answer")

#: How long an answer is kept, in seconds: it tells who was active a moment ago.
KEPT_SECONDS: Final = 1.0
#: Most answers that are kept.
MOST_KEPT: Final = 200


@dataclass(frozen=True)
class Reading:
    """An answer, and of when it is.

    Attributes:
        answer: What was found.
        begun_at: When it was begun to be read, on the monotonic clock.
        state: What was committed before that; None where that is not known.
    """

    answer: Any
    begun_at: float
    state: str | None


class KeptAnswers:
    """Keeps answers for a short time, and shares readings; safe to use from many threads.

    Args:
        state: Returns a value that stays the same as long as nothing is committed, or None.
    """

    def __init__(self, state: Callable[[], str | None]) -> None:
        self._state = state
        self._shared = SharedAnswers()
        self._changing = Lock()
        self._kept: OrderedDict[Hashable, Reading] = OrderedDict()
        self._refreshing: set[Hashable] = set()

    def answer(
        self,
        question: Hashable,
        ask: Callable[[], tuple[str | None, _Answer]],
        oldest: float | None = 0.0,
    ) -> _Answer:
        """Return an answer that holds all that was committed when it was asked for, or nearly.

        Args:
            question: Equal for those that have the same answer.
            ask: Reads the answer; returns first what was committed before.
            oldest: A kept answer of at most this age does, in seconds, whatever was committed
                since; None for none.
        """
        kept = self._find(question)
        if kept is not None and oldest is not None:
            age = time.monotonic() - kept.begun_at
            if age <= oldest:
                # The next who asks shall not have to wait either.
                if age > oldest / 2:
                    self._refresh(question, ask)
                return cast("_Answer", kept.answer)
            if kept.state is not None and self._shared.answer(self, self._state) == kept.state:
                return cast("_Answer", kept.answer)
        return self._shared.answer(question, lambda: self._read(question, ask))

    def _find(self, question: Hashable) -> Reading | None:
        with self._changing:
            self._forget_old()
            return self._kept.get(question)

    def _read(self, question: Hashable, ask: Callable[[], tuple[str | None, _Answer]]) -> _Answer:
        begun_at = time.monotonic()
        state, answer = ask()
        with self._changing:
            self._kept.pop(question, None)
            self._kept[question] = Reading(answer, begun_at, state)
            self._forget_old()
        return answer

    def _forget_old(self) -> None:
        """Forget what is too old or too much; what was read first comes first, or nearly so."""
        end = time.monotonic() - KEPT_SECONDS
        while self._kept:
            first = next(iter(self._kept))
            if self._kept[first].begun_at >= end and len(self._kept) <= MOST_KEPT:
                return
            del self._kept[first]

    def _refresh(self, question: Hashable, ask: Callable[[], tuple[str | None, _Answer]]) -> None:
        """Read an answer anew, for those who come next."""
        with self._changing:
            if question in self._refreshing:
                return
            self._refreshing.add(question)

        def read() -> None:
            try:
                # Who needs it is told what was wrong, by a reading of their own.
                with suppress(Exception):
                    self._shared.answer(question, lambda: self._read(question, ask))
            finally:
                with self._changing:
                    self._refreshing.discard(question)

        Thread(target=read, daemon=True).start()
