"""`cellpulse restore`."""

from pathlib import Path

import click

from flows.backup.make import SECRET
from flows.backup.restore import check_backup, restore_backup
from flows.commands.errors import one_line_for_errors
from flows.embedded.kept_secrets import keep_given_secret
from flows.embedded.up import stores_alone
from flows.erasure import erased
from flows.erasure.again import erase_again
from flows.erasure.erase import Parts
from flows.erasure.erased import Erased, ErasureError, Keys
from flows.redis_client import connect_redis
from flows.settings import FlowsSettings
from flows.stores.postgres import engine_for
from ingest_api.settings import BadSettingError, SecretSettings, data_dir


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--erased",
    "lists",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="A list of who was erased since, or a newer backup that has one.",
)
@one_line_for_errors
def restore(folder: Path, lists: tuple[Path, ...]) -> None:
    """Make an empty platform what it was when a backup was made.

    Stop the platform first. Stores that no setting names are started in the data folder for as
    long as it takes; then 'cellpulse up' goes on from there. Whoever was erased after the backup
    was made is erased from what is restored.
    """
    manifest = check_backup(folder)
    later = [each for place in (folder, data_dir(), *lists) for each in erased.read_file(place)]
    with stores_alone(data_dir()) as stores:
        settings = FlowsSettings.load(
            CELLPULSE_REDIS_URL=stores.redis_url,
            CELLPULSE_POSTGRES_URL=stores.postgres_url,
            influx=stores.influx,
        )
        restore_backup(settings, folder, manifest)
        if SECRET in manifest.files:
            keep_given_secret(data_dir(), (folder / SECRET).read_text().strip())
        _erase_again(settings, later)
    click.echo(f"restored what was there on {manifest.made_at:%Y-%m-%d at %H:%M:%S} UTC")


def _erase_again(settings: FlowsSettings, later: list[Erased]) -> None:
    engine = engine_for(settings.postgres_url)
    try:
        erased.add(engine, later)
        if not erased.entries(engine):
            return
        try:
            keys = Keys(SecretSettings.load().secrets)
        except BadSettingError:  # there is none here, so nobody on the list is recognised
            keys = Keys(())
        with connect_redis(settings.redis_url) as redis:
            report = erase_again(Parts(settings, engine, redis, keys, click.echo, 0.0))
        if report is not None and not report.is_whole:
            raise ErasureError("who was erased is not gone: say 'cellpulse forget --again'")
    finally:
        engine.dispose()
