"""Runs the ingest: `python -m ingest_api.serve`."""

import asyncio
import logging
import sys
from contextlib import suppress
from functools import partial
from typing import Final

import click
import uvicorn
from redis.exceptions import RedisError
from starlette.types import ASGIApp

from ingest_api.app import create_app
from ingest_api.durability import LossyRedisError, check_durability
from ingest_api.event_log import open_redis
from ingest_api.http_protocol import LimitedHttpProtocol
from ingest_api.logs import start_logging
from ingest_api.open_files import raise_open_files_limit
from ingest_api.progress import DirectProgress
from ingest_api.progress_protocol import ProgressProtocol
from ingest_api.pseudonymous_courses import PseudonymousCourses, WrongPseudonymKeyError
from ingest_api.quick_end import end_at_once
from ingest_api.settings import BadSettingError, ClientLimits, IngestSettings
from ingest_api.websocket_protocol import FramesProtocol

#: Files that a process needs beside its clients' connections: Redis, PostgreSQL, the lake's files.
_FILES_OF_ITS_OWN: Final = 100
#: How long a connection may rest between two requests. Longer than clients and proxies keep one
#: themselves (Caddy two minutes): who asks just as it is closed gets no answer.
_REST_SECONDS: Final = 130


@click.command()
@click.option("--host", envvar="CELLPULSE_HOST", default="127.0.0.1", show_default=True)
@click.option(
    "--port",
    envvar="CELLPULSE_INGEST_PORT",
    default=8000,
    show_default=True,
    type=click.IntRange(1, 65535),
)
def serve(host: str, port: int) -> None:
    """Run the ingest until SIGTERM or SIGINT."""
    try:
        settings = IngestSettings.load()
        limits = ClientLimits.load()
        start_logging("ingest")
        asyncio.run(_refuse_lossy_redis(settings))
        asyncio.run(_refuse_wrong_key(settings))
    except (BadSettingError, LossyRedisError, WrongPseudonymKeyError) as error:
        sys.exit(f"cellpulse ingest: {error}")
    app = DirectProgress(create_app(settings))
    run_without_logging_addresses(app, host, port, limits)


async def _refuse_lossy_redis(settings: IngestSettings) -> None:
    """Check now what a Redis that is away is asked for later."""
    if settings.lossy_redis:
        return
    async with open_redis(settings.redis_url) as redis:
        with suppress(RedisError, OSError):
            await check_durability(redis)


async def _refuse_wrong_key(settings: IngestSettings) -> None:
    """Check now what would refuse each event of a pseudonymous course later."""
    async with open_redis(settings.redis_url) as redis:
        pseudonymous = PseudonymousCourses(redis, settings.pseudonym_key_text)
        with suppress(RedisError, OSError):
            await pseudonymous.refresh()
        pseudonymous.require_key()


def run_without_logging_addresses(app: ASGIApp, host: str, port: int, limits: ClientLimits) -> None:
    """Run an app until SIGTERM or SIGINT; no address, and so no token in one, is logged."""
    most = max(1, raise_open_files_limit() - _FILES_OF_ITS_OWN)
    within = limits.model_copy(update={"connections": min(limits.connections, most)})
    uvicorn.Server(without_logging_addresses(app, host, port, within)).run()


def without_logging_addresses(
    app: ASGIApp, host: str, port: int, limits: ClientLimits
) -> uvicorn.Config:
    """Return how an app is served: fast, and with nothing that a client names in a log."""
    # The access log and the WebSocket lines of this logger hold addresses with their queries.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    protocol = (
        partial(ProgressProtocol, limits=limits, progress=app)
        if isinstance(app, DirectProgress)
        else partial(LimitedHttpProtocol, limits=limits)
    )
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        access_log=False,
        log_config=None,
        loop="uvloop",
        http=protocol,  # type: ignore[arg-type]  # only called
        ws=FramesProtocol,
        ws_max_size=64 * 1024,
        # A dashboard that is gone without a word is closed after two of these.
        ws_ping_interval=limits.ping_seconds,
        ws_ping_timeout=limits.ping_seconds,
        # Compressing each event again for each dashboard would cost more than it saves.
        ws_per_message_deflate=False,
        timeout_keep_alive=_REST_SECONDS,
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    end_at_once()
    serve()
