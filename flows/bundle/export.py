"""A course as data that a researcher can publish from."""

from collections.abc import Callable
from pathlib import Path

from flows.bundle.events import PseudonymousEvents, scrubber_of
from flows.bundle.groups import Groups
from flows.bundle.options import BundleOptions
from flows.bundle.papers import (
    source_as_told,
    write_checksums,
    write_citation,
    write_data_package,
    write_readme,
)
from flows.bundle.report import Change, Report, write_report
from flows.bundle.tables import write_tables
from flows.export.dictionary import write_dictionary
from flows.export.source import CourseSource


def export_bundle(
    source: CourseSource, folder: Path, made: Callable[[int], None], options: BundleOptions
) -> None:
    """Write the bundle into an empty folder, and call `made` with each batch's events.

    Whatever is read after the first step is free of ids and known names: groups are formed, and
    files written, from the pseudonymous events alone.

    Raises:
        ExportError: There are fewer than k students.
    """
    events = PseudonymousEvents(source, options, scrubber_of(source, options))
    pseudonymous = source.scratch / "events.parquet"
    events.write(pseudonymous, made)
    groups = Groups(pseudonymous, source.scratch, options.k)
    with groups.connection:
        report = _with_changes(groups.suppress(), events)
        entries = write_tables(groups.connection, source.scratch, folder)
    told = source_as_told(source, options)
    write_report(folder, report)
    write_dictionary(folder, entries)
    write_readme(folder, told, options, report)
    write_citation(folder, told, options, report)
    write_data_package(folder, told, entries)
    write_checksums(folder)


def _with_changes(report: Report, events: PseudonymousEvents) -> Report:
    """Return the report with what was done to all events of the course, also those left out."""
    absent = [
        Change(column, "the column is left out", None, count)
        for column, count in sorted(events.left_out.items())
    ]
    scrubbed = [
        Change(column, "names, addresses or numbers taken out", None, count)
        for column, count in sorted(events.changed.items())
    ]
    return Report(
        report.events_before,
        report.events,
        report.students_before,
        report.students,
        (*report.changes, *absent, *scrubbed),
    )
