"""`cellpulse status`."""

import json
import sys
from contextlib import closing

import click

from flows.commands.errors import one_line_for_errors
from flows.log.missed import MissedEvents
from flows.redis_client import connect_redis
from flows.settings import LRS, STORES, PlatformSettings
from flows.status import read_status
from ingest_api.settings import data_dir


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.option(
    "--forget-missed",
    type=click.Choice((*STORES, LRS)),
    help="No longer count what this store missed: it has it now, or you know.",
)
@one_line_for_errors
def status(as_json: bool, forget_missed: str | None) -> None:
    """Show each part, the log's length, each store's lag, and what became of the events.

    Exits with 0 only when every part answers, no store lags more than 10 seconds behind, and none
    has missed events that were trimmed from the log before it came to them.
    """
    settings = PlatformSettings.load()
    if forget_missed and settings.redis_url:
        with closing(connect_redis(settings.redis_url)) as redis:
            MissedEvents(redis).forget(forget_missed)
    found = read_status(settings)
    click.echo(json.dumps(found.as_json(), indent=2) if as_json else found.as_text())
    if settings.redis_url is None:
        click.echo(
            f"no 'cellpulse up' runs on the data folder {data_dir()}, and CELLPULSE_REDIS_URL is "
            "not set: 'cellpulse doctor' says what to do",
            err=True,
        )
    sys.exit(0 if found.ok else 1)
