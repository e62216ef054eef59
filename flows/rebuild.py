"""`cellpulse rebuild`: the lake anew, from InfluxDB alone."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from flows.log.logged_event import START, LoggedEvent, position_from_ns, position_ns
from flows.log.reader import LogReader
from flows.log.trimmer import LogTrimmer
from flows.redis_client import connect_redis
from flows.settings import FlowsSettings
from flows.stores.influxdb import InfluxReader, InfluxWriter
from flows.stores.lake import LakeWriter
from flows.stores.store import StoreUnavailableError
from ingest_api.foreseen import ForeseenError


class NoFullLogError(ForeseenError):
    """There is no InfluxDB to rebuild from."""


def rebuild_lake(
    settings: FlowsSettings,
    made: Callable[[int], None] = lambda _: None,
    *,
    may_lose: bool = False,
    is_erased: Callable[[LoggedEvent], bool] = lambda _: False,
) -> tuple[int, str]:
    """Replace the lake by what InfluxDB holds, while events go on arriving.

    Up to InfluxDB's committed position the events come from InfluxDB; the lake's actor goes on
    from there with the log, which is not trimmed meanwhile.

    Args:
        settings: Where everything is.
        made: Called with the number of events of each batch.
        may_lose: Whether to go on where InfluxDB holds fewer events than the lake.
        is_erased: Tells whether an event is of somebody who was erased, and so is left out.

    Returns:
        How many events the new lake holds, and its log position.

    Raises:
        NoFullLogError: `INFLUXDB_URL` is not set.
        FewerEventsError: InfluxDB holds fewer events than the lake; the old lake is untouched.
        LogPinnedError: A backup or another rebuild runs; the old lake is untouched.
        StoreUnavailableError: A store does not answer; the old lake is untouched.
        redis.RedisError: Redis does not answer; the old lake is untouched.
    """
    if not settings.influx.url:
        raise NoFullLogError("INFLUXDB_URL is not set: there is no full event log to rebuild from")
    with (
        closing(InfluxReader(settings.influx)) as reader,
        closing(LakeWriter(settings.postgres_url, settings.lake_path)) as lake,
        closing(connect_redis(settings.redis_url)) as redis,
    ):
        log = LogReader(redis)
        with LogTrimmer(redis).untrimmed() as holds:
            position = _end_of_full_log(log, reader)
            log.add_groups([LakeWriter.name])
            # First, so that the log keeps what follows also where this process ends in between.
            log.commit(LakeWriter.name, position)
            found = _while_untrimmed(reader.batches(position_ns(position)), holds)
            batches = _counted(found, made, is_erased)
            count = lake.remake(batches, position, may_lose=may_lose)
            # A worker that was about to commit the old lake's position may have done so meanwhile.
            log.commit(LakeWriter.name, position)
            log.missed.forget(LakeWriter.name)
    return count, position


def _end_of_full_log(log: LogReader, reader: InfluxReader) -> str:
    """Return up to where events come from InfluxDB; all that follow are in the log."""
    committed = log.committed().get(InfluxWriter.name, START)
    oldest = log.oldest()
    # What is not in the log any more can only come from InfluxDB, whatever its group says: with
    # the log itself gone, everything that InfluxDB has is all there is.
    before_log = position_ns(oldest) - 1 if oldest else reader.last_ns()
    return max(committed, position_from_ns(before_log), key=position_ns)


def _while_untrimmed(
    batches: Iterator[list[LoggedEvent]], holds: Callable[[], bool]
) -> Iterator[list[LoggedEvent]]:
    yield from batches
    if not holds():
        raise StoreUnavailableError("the log was trimmed meanwhile: run 'cellpulse rebuild' again")


def _counted(
    batches: Iterator[list[LoggedEvent]],
    made: Callable[[int], None],
    is_erased: Callable[[LoggedEvent], bool],
) -> Iterator[Sequence[LoggedEvent]]:
    for batch in batches:
        yield [each for each in batch if not is_erased(each)]
        made(len(batch))
