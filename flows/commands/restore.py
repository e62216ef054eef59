"""`cellpulse restore`."""

from pathlib import Path

import click

from flows.backup.make import SECRET
from flows.backup.restore import check_backup, restore_backup
from flows.commands.errors import one_line_for_errors
from flows.embedded.platform import keep_given_secret
from flows.settings import FlowsSettings
from flows.up import stores_alone
from ingest_api.settings import data_dir


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@one_line_for_errors
def restore(folder: Path) -> None:
    """Make an empty platform what it was when a backup was made.

    Stop the platform first. Stores that no setting names are started in the data folder for as
    long as it takes; then 'cellpulse up' goes on from there.
    """
    manifest = check_backup(folder)
    with stores_alone(data_dir()) as stores:
        settings = FlowsSettings.load(
            CELLPULSE_REDIS_URL=stores.redis_url,
            CELLPULSE_POSTGRES_URL=stores.postgres_url,
            influx=stores.influx,
        )
        restore_backup(settings, folder, manifest)
        if SECRET in manifest.files:
            keep_given_secret(data_dir(), (folder / SECRET).read_text().strip())
    click.echo(f"restored what was there on {manifest.made_at:%Y-%m-%d at %H:%M:%S} UTC")
