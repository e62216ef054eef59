"""`cellpulse import`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import click

from flows.commands.errors import one_line_for_errors
from flows.commands.master_data import master_data
from flows.progsnap2.data_set import Reading
from flows.progsnap2.importing import Imported, import_progsnap2
from flows.pseudonyms.courses import require_ordinary
from flows.settings import FlowsSettings


@click.command("import")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "format_name",
    required=True,
    type=click.Choice(["progsnap2"]),
    help="See docs/formats.md.",
)
@click.option("--course", required=True, help="The course that it goes to; best one of its own.")
@click.option(
    "--encoding",
    default="utf-8",
    show_default=True,
    help="Encoding of the files' text.",
)
@click.option(
    "--error-names",
    type=click.Choice(["type", "message"]),
    help="Name a compiler's errors by their type or by what they say, whatever tells them apart.",
)
@one_line_for_errors
def import_data(
    folder: Path,
    format_name: str,  # noqa: ARG001 - one so far
    course: str,
    encoding: str,
    error_names: Literal["type", "message"] | None,
) -> None:
    """Bring a data set of another system, or an export, into a course, while the platform runs.

    The whole data set is checked first; what is wrong is named with file and line, and then
    nothing is imported. Imported again, it adds nothing.
    """
    settings = FlowsSettings.load()
    with master_data(settings.postgres_url) as engine:
        require_ordinary(engine, course, "nothing is imported into it; take another course")
    imported = import_progsnap2(settings, folder, course, Reading(encoding, error_names), _bar)
    for line in _lines(imported, course):
        click.echo(line)


@contextmanager
def _bar(label: str, length: int) -> Iterator[Callable[[int], None]]:
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield bar.update


def _lines(imported: Imported, course: str) -> Iterator[str]:
    staged, appended = imported.staged, imported.appended
    counts = ", ".join(f"{number} {name}" for name, number in sorted(staged.counts.items()))
    yield f"{staged.count} events: {counts or 'none'}"
    yield (
        f"course {course!r}: {appended.added} added, {imported.known + appended.repeats} "
        "were there already; every store has them"
    )
    if staged.put_forward:
        yield (
            f"{staged.put_forward} rows have an earlier time than the row before them in the data "
            "set's order of their problem, and are dated with it; their own times are under extra"
        )
    if staged.left_out:
        left = ", ".join(f"{number} {name}" for name, number in sorted(staged.left_out.items()))
        yield f"rows of which nothing was made: {left}"
    yield from staged.notes
