"""The report of a bundle: what was left out or changed, and how often, but never which values."""

import csv
from dataclasses import dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Change:
    """One thing that was done to the data.

    Attributes:
        column: Of the events.
        what: What was done to its values.
        values: How many different values it was done to; None where they are not counted.
        events: In how many events.
    """

    column: str
    what: str
    values: int | None
    events: int


@dataclass(frozen=True)
class Report:
    """What was done, and how many events and students there were before and are now."""

    events_before: int
    events: int
    students_before: int
    students: int
    changes: tuple[Change, ...]


HEADER = [field.name for field in fields(Change)]


def write_report(folder: Path, report: Report) -> None:
    """Write `suppression_report.csv`: a row for each change, and the counts before and after."""
    with (folder / "suppression_report.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(lines_of(report))


def lines_of(report: Report) -> list[tuple[str, str, str, str]]:
    """Return the report's lines, as text."""
    counts = [
        Change("student_id", "in the course", report.students_before, report.events_before),
        Change("student_id", "in the bundle", report.students, report.events),
    ]
    return [
        (change.column, change.what, _text(change.values), str(change.events))
        for change in (*counts, *report.changes)
    ]


def _text(values: int | None) -> str:
    return "" if values is None else str(values)
