"""Brings one store up to the end of the log: the same way for every store."""

import logging
from collections.abc import Callable

from flows.log.batch import Batch
from flows.log.reader import LogReader
from flows.stores.store import PoisonEventError, Store

logger = logging.getLogger(__name__)


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
    batch = log.next_batch(position, store.batch_events)
    if batch:
        _report_missed(log, store.name, position, log.missed.before(batch, store.name, position))
    if position != committed:
        # Left behind by a worker that died between the two, or by a restore.
        log.commit(store.name, position)
    if remembered is not None:
        _keep_log_ahead(log, store.name, remembered)
    applied = 0
    while batch:
        applied += _apply(log, store, batch, position)
        log.commit(store.name, batch.position, batch.last_offset)
        advanced(batch)
        before, batch = batch, log.next_batch(batch.position, store.batch_events)
        position = before.position
        if batch and batch.first_offset is not None and before.last_offset is not None:
            missed = log.missed.between(before.last_offset, batch.first_offset)
            _report_missed(log, store.name, position, missed)
    return applied


def _keep_log_ahead(log: LogReader, store: str, position: str) -> None:
    entries = log.keep_ahead_of(position)
    if entries is None:
        return
    logger.warning("the log was behind %s, which is at %s: it goes on after it", store, position)
    if entries:
        logger.error(
            "%d events came before that, and %s may lack them: 'cellpulse audit' tells",
            entries,
            store,
        )


def _report_missed(log: LogReader, store: str, position: str, count: int) -> None:
    """Report events that were trimmed from the log before the store came to them."""
    if count > 0:
        logger.error("%s missed %d events after %s: the log has no more", store, count, position)
        log.missed.note(store, position, count)


def _apply(log: LogReader, store: Store, batch: Batch, after: str) -> int:
    """Apply a batch; halve it as long as it is refused, until the poison event stands alone."""
    try:
        store.apply(batch.events, batch.position, batch.unreadable, after=after)
    except PoisonEventError as error:
        if len(batch.events) <= 1:
            for event in batch.events:
                logger.warning("%s refuses the event at %s: %s", store.name, event.position, error)
                log.reject(event.event.to_json(), str(error), source=store.name, at=event.position)
            places = [event.position for event in batch.events]
            store.apply([], batch.position, [*batch.unreadable, *places], after=after)
            return 0
        first, second = batch.halves()
        return _apply(log, store, first, after) + _apply(log, store, second, first.position)
    return len(batch.events)
