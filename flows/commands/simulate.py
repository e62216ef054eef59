"""`cellpulse simulate`."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click

from flows.commands.errors import one_line_for_errors
from flows.course.sample import SAMPLE_COURSE
from flows.settings import PlatformSettings
from flows.simulation.parameters import read_parameters
from flows.simulation.plan import plan_class
from flows.simulation.play import play_until_signalled
from flows.simulation.timetable import Timetable
from flows.simulation.truth import planted_times, write_planted_times
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
@click.option(
    "--parameters",
    type=click.Path(path_type=Path),
    help="A copy of flows/simulation/parameters.toml, or a part of it, with other values.",
)
@click.option("--with-code", is_flag=True, help="Let the events carry the code.")
@click.option(
    "--ground-truth",
    type=click.File("w", encoding="utf-8", lazy=True),
    help="Write who needs help when, and who only seems to, to this file of JSON lines.",
)
@one_line_for_errors
def simulate(
    *,
    students: int,
    minutes: float,
    speed: float,
    seed: int,
    course: str,
    head_start: float,
    parameters: Path | None,
    with_code: bool,
    ground_truth: TextIO | None,
) -> None:
    """Play a class that works through the sample course, by way of the real ingest."""
    numbers = read_parameters(parameters)
    settings = PlatformSettings.load()
    secret = SecretSettings.load().secret.get_secret_value()
    plan = plan_class(
        students=students,
        minutes=minutes,
        course_dir=SAMPLE_COURSE,
        seed=seed,
        course_id=course,
        parameters=numbers,
        with_code=with_code,
    )
    started_at = datetime.now(UTC)
    if ground_truth is not None:
        timetable = Timetable(plan, started_at, speed, head_start * 60)
        write_planted_times(planted_times(timetable), ground_truth)
        ground_truth.flush()
    report = play_until_signalled(
        settings.address(settings.ingest_port),
        issue_token(secret, Grant("ingest", course)),
        plan,
        speed=speed,
        head_start_minutes=head_start,
        started_at=started_at,
    )
    click.echo(
        f"{report.planned} events planned, {report.accepted} accepted, {report.duplicates} "
        f"duplicates, {report.rejected} rejected, {report.unsent} not sent"
    )
    if report.rejected:
        sys.exit(f"cellpulse: the first rejected event: {report.first_rejection}")
