"""One store's drain within a worker: whoever asks for it, it runs once at a time."""

import threading
from collections.abc import Callable

from flows.drain import drain
from flows.log_reader import Batch, LogReader
from flows.stores.store import Store


class Drainer:
    """Drains the log into one store, for its actor and for the patrol.

    Attributes:
        steps: Goes up when a drain begins and with each of its batches.
    """

    def __init__(
        self, log: LogReader, store: Store, advanced: Callable[[Batch], None] = lambda _: None
    ) -> None:
        self.name = store.name
        self.steps = 0
        self._log = log
        self._store = store
        self._advanced = advanced
        self._asked, self._busy = threading.Event(), threading.Lock()

    @property
    def is_busy(self) -> bool:
        """Whether a drain runs now."""
        return self._busy.locked()

    def run(self) -> None:
        """Drain; where a drain runs already, have it look once more and return at once.

        A store that is slow must not take the other stores' threads.

        Raises:
            StoreUnavailableError: The store does not answer; what was committed stays.
            redis.RedisError: Redis does not answer.
        """
        self._asked.set()
        if not self._busy.acquire(blocking=False):
            return
        try:
            while self._asked.is_set():
                self._asked.clear()
                self.steps += 1
                drain(self._log, self._store, self._after_batch)
        finally:
            self._busy.release()

    def _after_batch(self, batch: Batch) -> None:
        self.steps += 1
        self._advanced(batch)
