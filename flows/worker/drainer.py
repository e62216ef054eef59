"""One store's drain within a worker: whoever asks for it, it runs once at a time."""

import logging
import threading
import time
from collections.abc import Callable

from flows.log.batch import Batch
from flows.log.reader import LogReader
from flows.metrics.worker_figures import DrainMetrics
from flows.stores.store import Store
from flows.worker.drain import drain

logger = logging.getLogger(__name__)


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
        self._counted: DrainMetrics | None = None
        self._batch_began = 0.0

    def count_in(self, metrics: DrainMetrics) -> None:
        """Count batches and failures from now on."""
        metrics.expect(self.name)
        self._counted = metrics

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
                self._batch_began = time.perf_counter()
                drain(self._log, self._store, self._after_batch)
        except Exception:
            if self._counted:
                self._counted.failed(self.name)
            raise
        finally:
            self._busy.release()

    def _after_batch(self, batch: Batch) -> None:
        self.steps += 1
        ended = time.perf_counter()
        if self._counted:
            self._counted.wrote(self.name, len(batch.events), ended - self._batch_began)
        self._batch_began = ended
        self._log_batch(batch)
        self._advanced(batch)

    def _log_batch(self, batch: Batch) -> None:
        """Name each event that the store has now, where an operator follows events."""
        if not logger.isEnabledFor(logging.DEBUG):
            return
        for event in batch.events:
            about = {"event_id": event.event.event_id, "position": event.position}
            logger.debug("stored", extra={**about, "store": self.name})
