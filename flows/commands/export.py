"""`cellpulse export`."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from pydantic import TypeAdapter, ValidationError

from flows.commands.bundle_options import (
    BUNDLE,
    bundle_options,
    bundle_writer,
    refuse_bundle_options,
)
from flows.commands.errors import one_line_for_errors
from flows.export.folder import new_folder
from flows.export.formats import FORMATS
from flows.export.part import Part
from flows.export.source import open_course
from flows.settings import LakeSettings
from ingest_api.events import UtcTime

_TIME: Final = TypeAdapter[datetime](UtcTime)


class _Moment(click.ParamType[datetime]):
    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            return _TIME.validate_python(value)
        except ValidationError:
            self.fail(f"{value!r} is not a time such as 2026-04-13T09:00+09:00", param, ctx)


MOMENT: Final = _Moment()


@click.command()
@click.option(
    "--format",
    "format_name",
    required=True,
    type=click.Choice(sorted((*FORMATS, BUNDLE))),
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
@click.option("--section", help="Only students who are in this section now.")
@click.option(
    "--from", "start", type=MOMENT, help="Only what happened at this time (ISO 8601) or later."
)
@click.option("--to", "until", type=MOMENT, help="Only what happened before this time.")
@bundle_options
@one_line_for_errors
def export(
    format_name: str,
    course: str,
    out: Path,
    snapshot: int | None,
    section: str | None,
    start: datetime | None,
    until: datetime | None,
    **of_bundle: Any,
) -> None:
    """Write one course's data into a new folder, while the class goes on.

    All of it is as of one snapshot of the lake, and two exports of one snapshot are the same,
    byte for byte. The folder is there whole or not at all.
    """
    if start is not None and until is not None and start >= until:
        raise click.UsageError("--from must be before --to")
    if format_name == BUNDLE:
        write = bundle_writer(**of_bundle)
    else:
        refuse_bundle_options(format_name, of_bundle)
        write = FORMATS[format_name]
    settings = LakeSettings.load()
    with (
        new_folder(out) as place,
        open_course(
            settings, course, place.scratch, snapshot, Part(section, start, until)
        ) as source,
        click.progressbar(length=source.event_count, label="events", file=sys.stderr) as bar,
    ):
        write(source, place.files, bar.update)
    click.echo(
        f"{out}: {source.event_count} events of course {course!r}, snapshot "
        f"{source.moment.snapshot}, up to position {source.moment.position}"
        + ("; suppression_report.csv says which of them are not in it" * (format_name == BUNDLE))
    )
