"""The thread that sends what waits."""

from __future__ import annotations

import contextlib
import random
import threading
from queue import Empty, SimpleQueue
from typing import Any, Callable

from cellpulse_hook.answer import Answer, Meaning
from cellpulse_hook.backlog import Backlog
from cellpulse_hook.backoff import pause_s
from cellpulse_hook.records import Record, Source
from cellpulse_hook.report import Report

#: After an event, how long until it is sent, in seconds: by then the kernel has answered, so the
#: sending does not compete with it, and quick cells share a request.
_LINGER_S = 0.05
_TIMEOUT_S = 10.0
_LAST_TIMEOUT_S = 2.0
#: Numbers of its own: drawing from `random` itself would change what a notebook draws after its
#: `random.seed`, and a class that seeds alike would come back at once.
_random = random.SystemRandom()


class Sender:
    """Sends the backlog, and waits without a clock while there is none."""

    def __init__(
        self,
        backlog: Backlog,
        event_of: Callable[[Record], dict[str, Any]],
        send: Callable[[list[dict[str, Any]], float], Answer],
        report: Report,
        before_sending: Callable[[], None],
    ) -> None:
        """Send with `send` what `event_of` makes of each record. Nothing starts yet.

        `before_sending` is called on the thread each time that it is woken, save at the end.
        """
        self._backlog = backlog
        self._event_of = event_of
        self._send = send
        self._report = report
        self._before_sending = before_sending
        # A queue and not an Event: Ctrl-C may come in the middle of a cell's callback, and an
        # Event's set() can then leave its lock taken for ever.
        self._wakes: SimpleQueue[None] = SimpleQueue()
        self._stop = threading.Event()
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name="cellpulse-hook", daemon=True)

    def start(self) -> None:
        """Start the thread, which begins with what is already there."""
        self.wake()
        self._thread.start()

    def wake(self) -> None:
        """Say that an event waits."""
        self._wakes.put(None)

    def stop(self, within_s: float) -> None:
        """Try once more to send what waits, for at most `within_s` seconds, and end."""
        # Before, so that the thread sees all that waits; after, so that it sees the end.
        self.wake()
        self._stop.set()
        self.wake()
        self._thread.join(within_s)

    def _run(self) -> None:
        # Woken at the end, too: then it sends once more, and leaves.
        while not (self._stop.is_set() and self._wakes.empty()):
            self._wakes.get()
            self._stop.wait(_LINGER_S)
            self._forget_wakes()
            try:
                if not self._stop.is_set():
                    self._before_sending()
                self._send_backlog()
            except Exception as error:  # noqa: BLE001 - the thread must outlive any fault
                if self._pause(Answer(Meaning.LATER, f"a fault of the hook: {error!r}")):
                    self.wake()
        self._backlog.close()

    def _forget_wakes(self) -> None:
        """Forget what is about to be answered: what waits now is sent now."""
        with contextlib.suppress(Empty):
            while True:
                self._wakes.get_nowait()

    def _send_backlog(self) -> None:
        while True:
            source, batch = self._backlog.next_batch(own_only=self._stop.is_set())
            if not batch:
                return
            answer = self._deliver(source, batch)
            if answer.meaning is Meaning.ACCEPTED:
                self._failures = 0
            elif not self._pause(answer):
                return

    def _deliver(self, source: Source, batch: list[Record]) -> Answer:
        """Send a batch, in halves where it is refused, until a single event is to blame.

        Returns:
            The answer that stopped it, or one that says that all is dealt with.
        """
        parts = [batch]
        while parts:
            part = parts.pop()
            events = self._events_of(part)
            if not events:
                # Sending it could never succeed; the others must not wait for it.
                source.acknowledge(part[0].seq)
                parts += filter(None, [part[1:]])
                continue
            parts += filter(None, [part[len(events) :]])
            part = part[: len(events)]
            timeout_s = _LAST_TIMEOUT_S if self._stop.is_set() else _TIMEOUT_S
            answer = self._send(events, timeout_s)
            if _is_worth_halving(answer, len(part)):
                half = len(part) // 2
                parts += [part[half:], part[:half]]
                continue
            if answer.meaning not in (Meaning.ACCEPTED, Meaning.REFUSED):
                return answer
            self._report.note_sent(events, _refused(answer, len(events)))
            source.acknowledge(part[-1].seq)
        return Answer(Meaning.ACCEPTED)

    def _events_of(self, part: list[Record]) -> list[dict[str, Any]]:
        """Return the events up to the first record of which none can be made.

        Where that is the very first, it is reported as refused.
        """
        events: list[dict[str, Any]] = []
        for record in part:
            try:
                events.append(self._event_of(record))
            except MemoryError:
                raise
            except Exception as fault:  # noqa: BLE001 - whatever is wrong with it stays with it
                if not events:
                    self._report.note_unsendable(record, f"no event can be made of it: {fault!r}")
                break
        return events

    def _pause(self, answer: Answer) -> bool:
        """Wait before the next try. False where there shall be none: the session ends."""
        self._report.note_problem(answer.reason)
        if self._stop.is_set():
            return False
        self._failures += 1
        told_to_wait = answer.meaning is not Meaning.LATER or answer.retry_after_s > 0
        wait_s = pause_s(self._failures, answer, _random.uniform)
        return not self._stop.wait(wait_s) or not told_to_wait


def _is_worth_halving(answer: Answer, count: int) -> bool:
    """Whether a part of the `count` events may be taken where the whole is not."""
    if answer.meaning not in (Meaning.REFUSED, Meaning.TOO_LARGE):
        return False
    return count > 1 and len(_refused(answer, count)) < count


def _refused(answer: Answer, count: int) -> dict[int, str]:
    """Return the reasons by the index of the event, of `count` that were sent."""
    named = {
        int(rejection["index"]): str(rejection.get("errors", ""))[:500]
        for rejection in answer.rejected
        if rejection.get("index") in range(count)
    }
    if answer.meaning is Meaning.REFUSED and count == 1:
        return named or {0: answer.reason}
    return named
