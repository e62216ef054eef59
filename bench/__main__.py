"""`python -m bench`: measures every line, or one, prints the table and keeps the results."""

import signal
import sys
from pathlib import Path
from typing import Final

import click

from bench.compare import BadMeasurementError, Result, compare
from bench.line import Scale
from bench.machine import commit, machine
from bench.plot import write_plot
from bench.registry import LINES
from bench.report import table, write_json

_TINY: Final = Scale(repeats=2, tiny=True)


@click.command()
@click.option("--only", help="Measure one line, by its name.")
@click.option("--large", is_flag=True, help="Measure the lines too whose data takes minutes.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(__file__).parent,
    help="The folder for results.json and results.svg.",
)
@click.option("--tiny", is_flag=True, help="Try the harness; the figures mean nothing.")
def bench(only: str | None, large: bool, output: Path, tiny: bool) -> None:
    """Measure Cellpulse against what else the machine could do in its place."""
    usual = [line for line in LINES if large or not line.is_large]
    lines = [line for line in LINES if line.name == only] if only else usual
    if not lines:
        names = ", ".join(line.name for line in LINES)
        sys.exit(f"bench: there is no line {only!r}; the lines are: {names}")
    signal.signal(signal.SIGTERM, _end)  # so that the servers are ended too
    where, what = machine(), commit()
    results: list[Result] = []
    failed = False
    for line in lines:
        click.echo(f"measuring {line.name}", err=True)
        try:
            found = compare(line, _TINY if tiny else Scale())
        except BadMeasurementError as error:
            click.echo(f"bench: {line.name}: {error}", err=True)
            failed = True
            continue
        results += found
        # After each line, so that a later one that breaks takes nothing with it.
        output.mkdir(parents=True, exist_ok=True)
        write_json(output / "results.json", results, where, what)
        write_plot(output / "results.svg", results)
    click.echo(table(results))
    sys.exit(1 if failed else 0)


def _end(number: int, _: object) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    bench()
