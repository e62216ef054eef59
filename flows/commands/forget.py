"""`cellpulse forget`."""

import click

from flows.commands.errors import one_line_for_errors
from flows.settings import LakeSettings
from flows.stores import deletion_requests
from flows.stores.postgres import engine_for


@click.command()
@click.option("--list", "list_requests", is_flag=True, help="List who asks to be deleted.")
@one_line_for_errors
def forget(list_requests: bool) -> None:
    """Show which students ask for everything about them to be deleted."""
    if not list_requests:
        raise click.UsageError("say --list: it shows who asks to be deleted")
    engine = engine_for(LakeSettings.load().postgres_url)
    try:
        found = deletion_requests.every(engine)
    finally:
        engine.dispose()
    if not found:
        click.echo("nobody asks to be deleted")
    for each in found:
        click.echo(f"{each.requested_at:%Y-%m-%d %H:%M}  {each.course_id}  {each.student_id}")
