"""`cellpulse doctor`."""

import sys

import click

from flows.commands.errors import one_line_for_errors
from flows.doctor.examine import examine


@click.command()
@one_line_for_errors
def doctor() -> None:
    """Look at a running or broken installation, and say in one line each what to do.

    Settings, each store (reachable, version, durability, tables), processes and ports, lag, disk,
    clocks, secrets and the hook. It changes nothing. Exits with 0 when nothing has to be mended,
    with 1 when a line says 'bad'.
    """
    is_well = True
    for finding in examine():
        click.echo(finding.as_text())
        is_well = is_well and finding.level != "bad"
    click.echo("nothing has to be mended" if is_well else "mend each 'bad', from the first one on")
    sys.exit(0 if is_well else 1)
