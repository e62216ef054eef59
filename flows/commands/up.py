"""`cellpulse up`."""

import click

from flows.commands.errors import one_line_for_errors
from flows.embedded.up import run_platform
from ingest_api.settings import data_dir


@click.command()
@click.option("--demo", is_flag=True, help="Let a simulated class of 30 students take part.")
@one_line_for_errors
def up(demo: bool) -> None:
    """Start the whole platform here, and run until Ctrl-C or SIGTERM.

    Redis, PostgreSQL and InfluxDB are started too unless CELLPULSE_REDIS_URL,
    CELLPULSE_POSTGRES_URL and INFLUXDB_URL name others. When every part answers, the addresses
    are printed, and then a line that is just 'ready'.
    """
    run_platform(data_dir(), demo=demo)
