"""`cellpulse rebuild`."""

import sys
from contextlib import closing

import click

from flows.commands.errors import one_line_for_errors
from flows.rebuild import rebuild_lake
from flows.settings import FlowsSettings, InfluxSettings
from flows.stores.influxdb import InfluxReader


@click.command()
@click.option("--force", is_flag=True, help="Also where InfluxDB holds fewer events than the lake.")
@one_line_for_errors
def rebuild(*, force: bool) -> None:
    """Make the lake anew from InfluxDB's full event log, while the class goes on.

    Readers see the old lake until the new one is whole. Where InfluxDB holds fewer events than
    the lake, the lake stays as it is.
    """
    settings = FlowsSettings.load()
    expected = _events_in_full_log(settings.influx)
    with click.progressbar(length=expected, label="events", file=sys.stderr) as bar:
        count, position = rebuild_lake(settings, bar.update, may_lose=force)
    click.echo(f"the lake holds {count} events, up to position {position}")


def _events_in_full_log(influx: InfluxSettings) -> int:
    if not influx.url:
        return 0
    with closing(InfluxReader(influx)) as reader:
        return reader.count()
