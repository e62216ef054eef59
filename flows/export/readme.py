"""The README of an export: what it is, as of when, and how it is cited."""

from importlib.metadata import version
from pathlib import Path

from flows.export.source import CourseSource


def write_readme(folder: Path, source: CourseSource, format_name: str, notes: str) -> None:
    """Write `README.md`: course, snapshot, position, time, counts, version, and `notes`."""
    moment = source.moment
    [(students, runs, first, last)] = source.rows(
        "SELECT count(DISTINCT student_id), count(*) FILTER (type = 'cell_run'), "
        "min(least(occurred_at, received_at)), max(least(occurred_at, received_at)) FROM events"
    )
    roster = " and nobody changes sections" if source.part.section else ""
    text = f"""\
# Course {source.course_id}, {format_name}

| | |
| --- | --- |
| course | {source.course_id} |
| of it | {source.part.in_words()} |
| snapshot of the lake | {moment.snapshot} |
| its time | {moment.committed_at.isoformat()} |
| log position | {moment.position} |
| events | {source.event_count} |
| cell runs | {runs} |
| students | {students} |
| first event | {first.isoformat()} |
| latest event | {last.isoformat()} |
| made by | Cellpulse {version("cellpulse")} |

Made anew with `cellpulse export --snapshot {moment.snapshot}{source.part.as_options()}` it is the
same, byte for byte, as long as that snapshot is kept{roster}. `data_dictionary.md` says what each
column of each file means. The data tell of students: they are as confidential here as they were
there.

{notes}"""
    (folder / "README.md").write_text(text, encoding="utf-8")
