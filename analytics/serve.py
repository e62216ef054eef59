"""Runs the aggregation API: `python -m analytics.serve`."""

import os
import sys
from contextlib import suppress

import click

from analytics.api import create_app
from analytics.errors import LakeUnavailableError, NewerLakeError
from analytics.lake.connection import open_lake
from analytics.settings import ApiSettings
from flows.stores.lake_bucket import BucketRefusedError, try_bucket
from flows.stores.store import StoreUnavailableError
from ingest_api.logs import start_logging
from ingest_api.quick_end import end_at_once
from ingest_api.serve import run_without_logging_addresses
from ingest_api.settings import BadSettingError, ClientLimits

_BAD_SETTING = 2


@click.command()
@click.option("--host", envvar="CELLPULSE_HOST", default="127.0.0.1", show_default=True)
@click.option(
    "--port",
    envvar="CELLPULSE_API_PORT",
    default=8001,
    show_default=True,
    type=click.IntRange(1, 65535),
)
def serve(host: str, port: int) -> None:
    """Run the aggregation API until SIGTERM or SIGINT; it starts also while PostgreSQL is away."""
    settings = ApiSettings.load()
    start_logging("api")
    # Read by PostgreSQL's own client library: a server that is gone must not hold a request.
    os.environ.setdefault("PGCONNECT_TIMEOUT", "5")
    with suppress(LakeUnavailableError, StoreUnavailableError):
        _refuse_what_cannot_be_read(settings)
    run_without_logging_addresses(create_app(settings), host, port, ClientLimits.load())


def _refuse_what_cannot_be_read(settings: ApiSettings) -> None:
    try:
        try_bucket(settings.lake_path, only_read=True)
        open_lake(settings).close()
    except (NewerLakeError, BucketRefusedError) as error:
        _stop(str(error))


def main() -> None:
    """Run the command; a bad setting is one line that names it, with exit code 2."""
    try:
        serve.main(standalone_mode=False)
    except BadSettingError as error:
        _stop(str(error))
    except click.UsageError as error:
        _stop(_named_by_its_variable(error))


def _named_by_its_variable(error: click.UsageError) -> str:
    if isinstance(error, click.BadParameter) and error.param and error.param.envvar:
        return f"{error.param.envvar}: {error.message}"
    return error.format_message()


def _stop(message: str) -> None:
    click.echo(f"cellpulse api: {message}", err=True)
    sys.exit(_BAD_SETTING)


if __name__ == "__main__":
    end_at_once()
    main()
