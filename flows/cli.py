"""The operator's command, `cellpulse`."""

import json
import sys
from collections.abc import Callable
from contextlib import closing
from functools import wraps
from typing import ParamSpec

import click
from redis import RedisError

from flows.embedded.platform import SAMPLE_COURSE
from flows.migrate import prepare_databases
from flows.rebuild import NoFullLogError, rebuild_lake
from flows.settings import FlowsSettings, InfluxSettings, LakeSettings, PlatformSettings
from flows.simulation.course import CourseError
from flows.simulation.delivery import IngestRefusedError
from flows.simulation.plan import plan_class
from flows.simulation.play import play_until_signalled
from flows.status import read_status
from flows.stores.influxdb import InfluxReader
from flows.stores.store import StoreUnavailableError
from flows.up import CannotStartError, run_platform
from flows.version_of_data import UnknownDataVersionError
from ingest_api.events import event_json_schema
from ingest_api.settings import BadSettingError, SecretSettings, data_dir
from ingest_api.tokens import Grant, Scope, issue_token

P = ParamSpec("P")
_FORESEEN = (
    BadSettingError,
    CannotStartError,
    CourseError,
    IngestRefusedError,
    NoFullLogError,
    StoreUnavailableError,
    UnknownDataVersionError,
    RedisError,
)


def _one_line_for_errors(command: Callable[P, None]) -> Callable[P, None]:
    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except _FORESEEN as error:
            first, *_ = str(error).splitlines() or [type(error).__name__]
            sys.exit(f"cellpulse: {first}")

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cellpulse")
def cli() -> None:
    """Run and look after Cellpulse, the live pulse of a programming class.

    Settings come from the environment; README.md lists them. Commands other than 'up' find a
    platform that runs on the same data folder by themselves.
    """


@cli.command()
@click.option("--demo", is_flag=True, help="Let a simulated class of 30 students take part.")
@_one_line_for_errors
def up(demo: bool) -> None:
    """Start the whole platform here, and run until Ctrl-C or SIGTERM.

    Redis, PostgreSQL and InfluxDB are started too unless CELLPULSE_REDIS_URL,
    CELLPULSE_POSTGRES_URL and INFLUXDB_URL name others. When every part answers, the addresses
    are printed, and then a line that is just 'ready'.
    """
    run_platform(data_dir(), demo=demo)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@_one_line_for_errors
def status(as_json: bool) -> None:
    """Show each part, the log's length, each store's lag, and what became of the events.

    Exits with 0 only when every part answers and no store lags more than 10 seconds behind.
    """
    found = read_status(PlatformSettings.load())
    click.echo(json.dumps(found.as_json(), indent=2) if as_json else found.as_text())
    sys.exit(0 if found.ok else 1)


@cli.command()
@click.option(
    "--scope",
    type=click.Choice(["ingest", "read"]),
    required=True,
    help="'ingest' may send events, 'read' may see them.",
)
@click.option("--course", required=True, help="The course's id; '*' for every course.")
@click.option("--student", help="Only for this student; everyone of the course when absent.")
@_one_line_for_errors
def token(scope: Scope, course: str, student: str | None) -> None:
    """Print a token for a course, or for one student of it."""
    secret = SecretSettings.load().secret.get_secret_value()
    click.echo(issue_token(secret, Grant(scope, course, student)))


@cli.command()
def schema() -> None:
    """Print the JSON Schema of an event."""
    click.echo(json.dumps(event_json_schema(), indent=2, ensure_ascii=False))


@cli.command("migrate")
@_one_line_for_errors
def migrate_command() -> None:
    """Bring PostgreSQL's tables to this version, and make the lake where there is none.

    'up' does it by itself; run it before the processes of a new version elsewhere.
    """
    prepare_databases(LakeSettings.load())


@cli.command()
@_one_line_for_errors
def rebuild() -> None:
    """Make the lake anew from InfluxDB's full event log, while the class goes on.

    Readers see the old lake until the new one is whole.
    """
    settings = FlowsSettings.load()
    expected = _events_in_full_log(settings.influx)
    with click.progressbar(length=expected, label="events", file=sys.stderr) as bar:
        count, position = rebuild_lake(settings, bar.update)
    click.echo(f"the lake holds {count} events, up to position {position}")


def _events_in_full_log(influx: InfluxSettings) -> int:
    if not influx.url:
        return 0
    with closing(InfluxReader(influx)) as reader:
        return reader.count()


@cli.command()
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
@_one_line_for_errors
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


if __name__ == "__main__":
    cli()
