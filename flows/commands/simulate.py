"""`cellpulse simulate`."""

import sys

import click

from flows.commands.errors import one_line_for_errors
from flows.embedded.platform import SAMPLE_COURSE
from flows.settings import PlatformSettings
from flows.simulation.plan import plan_class
from flows.simulation.play import play_until_signalled
from ingest_api.settings import SecretSettings
from ingest_api.tokens import Grant, issue_token


@click.command()
@click.option(
    "--students",
    default=30,
    show_default=True,
    type=click.IntRange(1, 10_000),
    help="How many students take part.",
)
@click.option(
    "--minutes",
    default=50.0,
    show_default=True,
    type=click.FloatRange(0.1, 600),
    help="How long the lesson lasts, in its own minutes.",
)
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.1, 10_000),
    help="Minutes of the lesson in a minute on the wall.",
)
@click.option("--seed", default=1, show_default=True, type=int, help="Same seed, same class.")
@click.option("--course", default="demo", show_default=True, help="The course's id.")
@click.option(
    "--head-start",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 600),
    help="Minutes of the lesson that are sent at once, dated back.",
)
@one_line_for_errors
def simulate(
    students: int, minutes: float, speed: float, seed: int, course: str, head_start: float
) -> None:
    """Play a class that works through the sample course, by way of the real ingest."""
    settings = PlatformSettings.load()
    secret = SecretSettings.load().secret.get_secret_value()
    plan = plan_class(
        students=students, minutes=minutes, course_dir=SAMPLE_COURSE, seed=seed, course_id=course
    )
    report = play_until_signalled(
        settings.address(settings.ingest_port),
        issue_token(secret, Grant("ingest", course)),
        plan,
        speed=speed,
        head_start_minutes=head_start,
    )
    click.echo(
        f"{report.planned} events planned, {report.accepted} accepted, {report.duplicates} "
        f"duplicates, {report.rejected} rejected, {report.unsent} not sent"
    )
    if report.rejected:
        sys.exit(f"cellpulse: the first rejected event: {report.first_rejection}")
