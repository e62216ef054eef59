"""`cellpulse rebuild`: the lake anew, from InfluxDB alone."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from redis import Redis

from flows.log_reader import LogReader
from flows.logged_event import START, LoggedEvent, position_from_ns, position_ns
from flows.settings import FlowsSettings
from flows.stores.influxdb import InfluxReader, InfluxWriter
from flows.stores.lake import LakeWriter


class NoFullLogError(Exception):
    """There is no InfluxDB to rebuild from."""


def rebuild_lake(
    settings: FlowsSettings, made: Callable[[int], None] = lambda _: None
) -> tuple[int, str]:
    """Replace the lake by what InfluxDB holds, while events go on arriving.

    Up to InfluxDB's committed position the events come from InfluxDB; the lake's actor goes on
    from there with the log, which keeps all that any store still needs.

    Args:
        settings: Where everything is.
        made: Called with the number of events of each batch.

    Returns:
        How many events the new lake holds, and its log position.

    Raises:
        NoFullLogError: `INFLUXDB_URL` is not set.
        StoreUnavailableError: A store does not answer; the old lake is untouched.
        redis.RedisError: Redis does not answer; the old lake is untouched.
    """
    if not settings.influx.url:
        raise NoFullLogError("INFLUXDB_URL is not set: there is no full event log to rebuild from")
    with (
        closing(InfluxReader(settings.influx)) as reader,
        closing(LakeWriter(settings.postgres_url, settings.lake_path)) as lake,
        Redis.from_url(settings.redis_url, protocol=2) as redis,
    ):
        log = LogReader(redis)
        position = log.committed().get(InfluxWriter.name, START)
        if log.length() == 0:
            # The log itself is gone: everything that InfluxDB has is all there is.
            position = position_from_ns(reader.last_ns())
        count = lake.remake(_counted(reader.batches(position_ns(position)), made), position)
        log.add_groups([LakeWriter.name])
        log.commit(LakeWriter.name, position)
    return count, position


def _counted(
    batches: Iterator[list[LoggedEvent]], made: Callable[[int], None]
) -> Iterator[Sequence[LoggedEvent]]:
    for batch in batches:
        yield batch
        made(len(batch))
