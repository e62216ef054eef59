"""`cellpulse migrate`."""

import click

from flows.commands.errors import one_line_for_errors
from flows.migrations.migrate import go_back, plan_of, prepare_databases
from flows.migrations.plan import Step
from flows.settings import LakeSettings
from flows.stores.versions import known_revisions


@click.command()
@click.option("--plan", is_flag=True, help="Only say which steps there are, and change nothing.")
@click.option(
    "--back-to",
    metavar="VERSION",
    help="The way back: undo every step after this version of the tables, such as 0019.",
)
@one_line_for_errors
def migrate(plan: bool, back_to: str | None) -> None:
    """Bring PostgreSQL's tables to this version, and make the lake where there is none.

    'up' does it by itself; run it before the processes of a new version elsewhere. To go back, run
    it with --back-to before the old version is installed: only the new one knows its own steps.
    """
    settings = LakeSettings.load()
    if plan:
        there, steps = plan_of(settings, back_to or max(known_revisions()))
        click.echo(f"the tables have version {there or 'none'}")
        _tell(steps)
    elif back_to:
        _tell(go_back(settings, back_to))
    else:
        prepare_databases(settings)


def _tell(steps: list[Step]) -> None:
    if not steps:
        click.echo("nothing to do")
    for step in steps:
        click.echo(f"{step.revision}  {step.what}")
        for sql in step.takes_away:
            click.echo(f"      takes away: {sql}")
