"""`cellpulse backup`."""

from pathlib import Path

import click

from flows.backup.make import make_backup
from flows.commands.errors import one_line_for_errors
from flows.commands.master_data import master_data
from flows.pseudonyms.courses import pseudonymous_courses
from flows.settings import FlowsSettings
from ingest_api.settings import SecretSettings


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--with-secret", is_flag=True, help="Keep the secret with it, so that tokens stay.")
@one_line_for_errors
def backup(folder: Path, with_secret: bool) -> None:
    """Copy everything into a new folder, while the platform runs.

    A backup that was cut off has no manifest.json, and 'restore' refuses it.
    """
    secret = SecretSettings.load().secret.get_secret_value() if with_secret else None
    settings = FlowsSettings.load()
    made = make_backup(settings, folder, secret)
    full_log = "" if made.influxdb_events is None else f", {made.influxdb_events} in InfluxDB"
    click.echo(
        f"{folder}: {made.counts.get('accepted', 0)} events accepted, {made.log_events} in the "
        f"log{full_log}, {made.lake_files} files of the lake, {made.rejected} set aside"
    )
    with master_data(settings.postgres_url) as engine:
        if pseudonymous_courses(engine):
            click.echo(
                "note: the key and the names of pseudonymous courses are not in it: copy them "
                "elsewhere (docs/privacy.md)"
            )
