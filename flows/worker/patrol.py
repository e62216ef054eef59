"""What a worker does by itself, whatever became of its messages: look, drain, and notice hangs."""

import itertools
import logging
import threading
import time
from collections.abc import Iterable
from typing import Final

from flows.log.logged_event import START
from flows.log.reader import LogReader
from flows.worker.drainer import Drainer
from flows.worker.wake_ups import WakeUps

logger = logging.getLogger(__name__)
PATROL_SECONDS: Final = 1.0
#: So often the store itself is asked where it is.
_ROUNDS_UNTIL_CERTAIN: Final = 10


class Patrol:
    """Drains each store that is behind and does not move.

    A message to an actor can be late or lost: Redis refuses it while its memory is full, and a
    clock that jumps lets one wait for hours. Looking writes nothing and reads no wall clock.
    """

    def __init__(self, log: LogReader, wake_ups: WakeUps) -> None:
        self._log = log
        self._wake_ups = wake_ups
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, drainers: Iterable[Drainer]) -> None:
        """Begin to look after the stores, each in its own thread: none waits for another."""
        for drainer in drainers:
            thread = threading.Thread(target=self._walk, args=(drainer,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, seconds: float) -> None:
        """End, once the drains that run have ended or `seconds` are over."""
        self._stopped.set()
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def look(self, drainer: Drainer, before: str | None) -> str:
        """Drain a store that is behind and still where it was `before`; return where it is.

        One that has no position in the log yet, or where `before` is None, is drained in any case:
        the store itself may remember another position than the log does.

        Raises:
            StoreUnavailableError: The store does not answer.
            redis.RedisError: Redis does not answer.
        """
        position = self._log.committed().get(drainer.name, START)
        in_doubt = position == START or before is None
        if not in_doubt and (position != before or not self._log.lag(position).events):
            return position
        drainer.run()
        # The message that should have come may be held back for hours; the next one need not be.
        self._wake_ups.arrived(drainer.name)
        return self._log.committed().get(drainer.name, START)

    def _walk(self, drainer: Drainer) -> None:
        position, complaint = None, ""
        rounds = itertools.cycle(range(_ROUNDS_UNTIL_CERTAIN))
        while not self._stopped.wait(PATROL_SECONDS):
            try:
                position = self.look(drainer, position if next(rounds) else None)
            except Exception as error:  # noqa: BLE001 - whatever it was, the next round tries again
                if str(error) != complaint:
                    logger.warning("%s stays behind for now: %s", drainer.name, error)
                complaint = str(error)
            else:
                complaint = ""


class Watchdog:
    """Finds a drain that hangs: a connection that fell silent can hold one for ever."""

    def __init__(self, drainers: Iterable[Drainer], patience: int) -> None:
        """Call a drain hung after `patience` looks at which it had not moved.

        Looks are counted, not seconds: a process that was frozen itself has lost nothing.
        """
        self._patience = patience
        self._seen = {drainer: (drainer.steps, 0) for drainer in drainers}

    def look(self) -> str | None:
        """Return the name of a store whose drain hangs, or None; call it at even intervals."""
        for drainer, (steps, looks) in self._seen.items():
            is_still = drainer.is_busy and drainer.steps == steps
            self._seen[drainer] = drainer.steps, looks + 1 if is_still else 0
            if is_still and looks + 1 >= self._patience:
                return drainer.name
        return None
