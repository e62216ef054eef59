"""`cellpulse token`."""

import click

from flows.commands.errors import one_line_for_errors
from ingest_api.settings import SecretSettings
from ingest_api.tokens import Grant, Scope, issue_token


@click.command()
@click.option(
    "--scope",
    type=click.Choice(["ingest", "read"]),
    required=True,
    help="'ingest' may send events, 'read' may see them.",
)
@click.option("--course", required=True, help="The course's id; '*' for every course.")
@click.option("--student", help="Only for this student; everyone of the course when absent.")
@one_line_for_errors
def token(scope: Scope, course: str, student: str | None) -> None:
    """Print a token for a course, or for one student of it."""
    secret = SecretSettings.load().secret.get_secret_value()
    click.echo(issue_token(secret, Grant(scope, course, student)))
