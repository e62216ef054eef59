"""`cellpulse export`."""

import sys
from pathlib import Path

import click

from flows.commands.errors import one_line_for_errors
from flows.export.folder import new_folder
from flows.export.formats import FORMATS
from flows.export.source import open_course
from flows.settings import LakeSettings


@click.command()
@click.option(
    "--format",
    "format_name",
    required=True,
    type=click.Choice(sorted(FORMATS)),
    help="See docs/formats.md.",
)
@click.option("--course", required=True, help="The course's id.")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="A new or empty folder.",
)
@click.option(
    "--snapshot",
    type=click.IntRange(min=0),
    help="The lake's snapshot to export; the newest by default.",
)
@one_line_for_errors
def export(format_name: str, course: str, out: Path, snapshot: int | None) -> None:
    """Write one course's data into a new folder, while the class goes on.

    All of it is as of one snapshot of the lake, and two exports of one snapshot are the same,
    byte for byte. The folder is there whole or not at all.
    """
    settings = LakeSettings.load()
    with (
        new_folder(out) as place,
        open_course(settings, course, place.scratch, snapshot) as source,
        click.progressbar(length=source.event_count, label="events", file=sys.stderr) as bar,
    ):
        FORMATS[format_name](source, place.files, bar.update)
    click.echo(
        f"{out}: {source.event_count} events of course {course!r}, snapshot "
        f"{source.moment.snapshot}, up to position {source.moment.position}"
    )
