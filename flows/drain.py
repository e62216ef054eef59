"""Brings one store up to the end of the log: the same way for every store."""

import logging
from collections.abc import Callable
from typing import Final

from flows.log_reader import Batch, LogReader
from flows.stores.store import PoisonEventError, Store

logger = logging.getLogger(__name__)
BATCH_EVENTS: Final = 2_000


def drain(log: LogReader, store: Store, advanced: Callable[[Batch], None] = lambda _: None) -> int:
    """Apply what follows the store's position, batch by batch, until the log ends.

    Where the store remembers a position itself, that one counts: it was committed with the rows.

    Args:
        log: The log.
        store: The store.
        advanced: Called after each batch that the store has committed.

    Returns:
        How many events were applied.

    Raises:
        StoreUnavailableError: The store does not answer; what was committed stays.
        redis.RedisError: Redis does not answer.
    """
    log.add_groups([store.name])
    committed, remembered = log.committed()[store.name], store.position()
    position = remembered or committed
    if position != committed:
        # Left behind by a worker that died between the two, or by a restore.
        log.commit(store.name, position)
    applied = 0
    while batch := log.next_batch(position, BATCH_EVENTS):
        applied += _apply(log, store, batch, position)
        log.commit(store.name, batch.position)
        advanced(batch)
        position = batch.position
    return applied


def _apply(log: LogReader, store: Store, batch: Batch, after: str) -> int:
    """Apply a batch; halve it as long as it is refused, until the poison event stands alone."""
    try:
        store.apply(batch.events, batch.position, after=after)
    except PoisonEventError as error:
        if len(batch.events) <= 1:
            for event in batch.events:
                logger.warning("%s refuses the event at %s: %s", store.name, event.position, error)
                log.reject(event.event.to_json(), str(error), source=store.name, at=event.position)
            store.apply([], batch.position, after=after)
            return 0
        middle = len(batch.events) // 2
        first, second = batch.events[:middle], batch.events[middle:]
        border = first[-1].position
        return _apply(log, store, Batch(first, border), after) + _apply(
            log, store, Batch(second, batch.position), border
        )
    return len(batch.events)
