"""`cellpulse rebuild`."""

import sys
from collections.abc import Callable
from contextlib import closing

import click

from flows.commands.errors import one_line_for_errors
from flows.erasure.again import is_erased
from flows.erasure.erased import Keys, entries
from flows.log.logged_event import LoggedEvent
from flows.rebuild import rebuild_lake
from flows.settings import FlowsSettings, InfluxSettings
from flows.stores.influxdb import InfluxReader
from flows.stores.postgres import engine_for
from ingest_api.settings import SecretSettings


@click.command()
@click.option("--force", is_flag=True, help="Also where InfluxDB holds fewer events than the lake.")
@one_line_for_errors
def rebuild(*, force: bool) -> None:
    """Make the lake anew from InfluxDB's full event log, while the class goes on.

    Readers see the old lake until the new one is whole. Where InfluxDB holds fewer events than
    the lake, the lake stays as it is. Whoever was erased is left out, should InfluxDB have them.
    """
    settings = FlowsSettings.load()
    expected = _events_in_full_log(settings.influx)
    with click.progressbar(length=expected, label="events", file=sys.stderr) as bar:
        count, position = rebuild_lake(
            settings, bar.update, may_lose=force, is_erased=_who_was_erased(settings)
        )
    click.echo(f"the lake holds {count} events, up to position {position}")


def _events_in_full_log(influx: InfluxSettings) -> int:
    if not influx.url:
        return 0
    with closing(InfluxReader(influx)) as reader:
        return reader.count()


def _who_was_erased(settings: FlowsSettings) -> Callable[[LoggedEvent], bool]:
    engine = engine_for(settings.postgres_url)
    try:
        listed = entries(engine)
    finally:
        engine.dispose()
    return is_erased(Keys(SecretSettings.load().secrets), listed) if listed else lambda _: False
