"""Whether the settings here name the full event log that the log feeds."""

from redis import Redis

from flows.log.reader import LogReader
from flows.settings import STORES, FlowsSettings
from ingest_api.event_log import LOG
from ingest_api.foreseen import ForeseenError


class FullLogNotSetError(ForeseenError):
    """InfluxDB holds events, and it is not named here; the message says what to do."""


def require_full_log_set(settings: FlowsSettings, redis: Redis) -> None:
    """Go on only where InfluxDB is named, if it gets events at all.

    A backup or an erasure that knows nothing of it would look whole and be none.

    Raises:
        FullLogNotSetError: It gets events and is not named.
        redis.RedisError: Redis does not answer.
    """
    fed = LogReader(redis).committed().keys() & set(STORES)
    for name in fed - set(settings.influx.stores):
        raise FullLogNotSetError(
            "InfluxDB gets this log's events, and INFLUXDB_URL is not set here: set it as the "
            "worker has it (with compose: 'docker compose run --rm operator …'). Where there is no "
            f"InfluxDB any more, say 'redis-cli XGROUP DESTROY {LOG} {name}' first"
        )
