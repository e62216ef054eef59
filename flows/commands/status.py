"""`cellpulse status`."""

import json
import sys

import click

from flows.commands.errors import one_line_for_errors
from flows.settings import PlatformSettings
from flows.status import read_status


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@one_line_for_errors
def status(as_json: bool) -> None:
    """Show each part, the log's length, each store's lag, and what became of the events.

    Exits with 0 only when every part answers and no store lags more than 10 seconds behind.
    """
    found = read_status(PlatformSettings.load())
    click.echo(json.dumps(found.as_json(), indent=2) if as_json else found.as_text())
    sys.exit(0 if found.ok else 1)
