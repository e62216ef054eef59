"""One event a request, as a class at work sends them: how many a second the ingest takes."""

from contextlib import contextmanager
from pathlib import Path
from typing import Final

from redis import Redis

from bench.compare import BadMeasurementError
from bench.line import OURS, Aim, Figures, Line, Row, Scale, Sides
from bench.load.wrk import post_events
from bench.servers import SECRET, ours, redis
from ingest_api.event_log import COUNTS, LOG


@contextmanager
def _prepare(folder: Path, scale: Scale) -> Sides:
    seconds = scale.of(3.0, 1.0)
    with redis(folder) as log:
        environment = {"CELLPULSE_REDIS_URL": log.url, "CELLPULSE_SECRET": SECRET}
        with (
            ours(folder, "bench.baselines.do_nothing", environment) as ingest,
            ours(folder, "bench.baselines.naive_ingest", environment) as naive,
            Redis.from_url(log.url) as client,
        ):

            def events() -> Figures:
                return {"events": take_events(client, ingest.url, seconds)}

            def nothing() -> Figures:
                return {"events": post_events(f"{ingest.url}/nothing", seconds).a_second}

            def naively() -> Figures:
                client.flushall()
                return {"events": post_events(f"{naive.url}/student-progress", seconds).a_second}

            yield {OURS: events, "do-nothing endpoint": nothing, "naive ingest": naively}


def take_events(client: Redis, url: str, seconds: float, events_a_request: int = 1) -> float:
    """Post to an ingest over an empty log; return the events a second that are in the log.

    Raises:
        BadMeasurementError: The log lacks events that were accepted, or counted repeats.
    """
    client.flushall()
    rate = post_events(f"{url}/student-progress", seconds, events_a_request)
    logged = int(client.xlen(LOG))
    repeats = int(client.hget(COUNTS, "duplicates") or 0)
    if logged < rate.requests * events_a_request or repeats:
        raise BadMeasurementError(
            f"{rate.requests} requests were accepted, {logged} events are in the log and "
            f"{repeats} were repeats"
        )
    return rate.a_second * events_a_request


LINE: Final = Line(
    "ingest-single",
    (
        Row(
            "ingest-single of the server's limit",
            "events",
            "events/s",
            "do-nothing endpoint",
            Aim("ratio", "at least", 0.6),
        ),
        Row(
            "ingest-single against a naive one",
            "events",
            "events/s",
            "naive ingest",
            Aim("ratio", "at least", 2.5),
        ),
    ),
    _prepare,
)
