"""`cellpulse migrate`."""

import click

from flows.commands.errors import one_line_for_errors
from flows.migrate import prepare_databases
from flows.settings import LakeSettings


@click.command()
@one_line_for_errors
def migrate() -> None:
    """Bring PostgreSQL's tables to this version, and make the lake where there is none.

    'up' does it by itself; run it before the processes of a new version elsewhere.
    """
    prepare_databases(LakeSettings.load())
