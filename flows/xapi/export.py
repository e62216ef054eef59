"""A course as xAPI statements, one a line, with the profile that says what they mean."""

import json
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Final

from flows.export.dictionary import Entry, write_dictionary
from flows.export.readme import write_readme
from flows.export.source import CourseSource
from flows.xapi.identity import Identity
from flows.xapi.statements import Statement, Statements
from flows.xapi.vocabulary import CODE_LINES, ERROR_NAME, EXECUTION_COUNT, SESSION, STATUS
from ingest_api.events import StoredEvent

STATEMENTS_FILE: Final = "statements.jsonl"
PROFILE_FILE: Final = "profile.jsonld"
#: Only what a statement may hold is read at all. The first passed check solves its exercise.
_EVENTS: Final = """
    SELECT
        event_id, type, course_id, student_id, session_id, exercise, execution_count, status,
        error_name, duration_ms, occurred_at, received_at, code_lines, check_name, passed, points,
        points_possible,
        position_ns IN (
            SELECT min(position_ns) FROM course
            WHERE type = 'check_result' AND passed AND exercise <> ''
            GROUP BY student_id, exercise
        ) AS completes
    FROM events ORDER BY position_ns
"""


def export_xapi(source: CourseSource, folder: Path, made: Callable[[int], None]) -> None:
    """Write `statements.jsonl` in log order, and `profile.jsonld`.

    Raises:
        BadSettingError: There is no key to make pseudonyms with.
    """
    statements = Statements(Identity.load())
    with (folder / STATEMENTS_FILE).open("w", encoding="ascii", newline="\n") as file:
        for statement in _statements(source, statements, made):
            file.write(line_of(statement))
    profile = resources.files("flows.xapi").joinpath(PROFILE_FILE)
    (folder / PROFILE_FILE).write_bytes(profile.read_bytes())
    write_dictionary(folder, [Entry(STATEMENTS_FILE, *entry) for entry in _DICTIONARY])
    write_readme(folder, source, "xAPI", _NOTES)


def line_of(statement: Statement) -> str:
    """Return a statement as one line: in ASCII, as some programs end lines at other signs too."""
    return json.dumps(statement, separators=(",", ":")) + "\n"


def _statements(
    source: CourseSource, statements: Statements, made: Callable[[int], None]
) -> Iterator[Statement]:
    with source.reading(_EVENTS) as batches:
        for batch in batches:
            for row in batch.to_pylist():
                completes = row.pop("completes")
                yield from statements.of(StoredEvent.model_construct(**row), completes=completes)
            made(batch.num_rows)


#: Path in a statement, its type, its unit and its meaning.
_DICTIONARY: Final = (
    ("id", "UUID", "", "Made of the event's id: the same in every export and in the push."),
    (
        "actor.account.name",
        "text",
        "",
        "Stands for the student, the same in every course of the installation: a keyed hash.",
    ),
    ("actor.account.homePage", "IRI", "", "The installation, as CELLPULSE_HOME_URL names it."),
    ("verb.id", "IRI", "", "What happened; docs/xapi.md and the profile say when."),
    ("object.id", "IRI", "", "The exercise, check or course that it is about."),
    ("object.definition.name", "text", "", "Its name in Cellpulse."),
    ("result.duration", "ISO 8601", "", "How long the run of the cell took."),
    ("result.success", "boolean", "", "Whether the check passed."),
    ("result.completion", "boolean", "", "True: the exercise is solved."),
    ("result.score.raw", "number", "points", "Points that the check gave."),
    ("result.score.max", "number", "points", "Points that it can give; absent if it gave more."),
    ("result.score.scaled", "number", "0 to 1", "Points of those possible, at most 1."),
    (f"result.extensions['{STATUS}']", "text", "", "How the run ended: ok, error, interrupted."),
    (f"result.extensions['{ERROR_NAME}']", "text", "", "For example NameError."),
    (f"result.extensions['{EXECUTION_COUNT}']", "integer", "", "The number in the cell's prompt."),
    (f"result.extensions['{CODE_LINES}']", "integer", "lines", "Lines of code in the cell."),
    ("context.registration", "UUID", "", "Stands for the student's part in the course."),
    (f"context.extensions['{SESSION}']", "text", "", "Stands for the session: a keyed hash."),
    (
        "timestamp",
        "ISO 8601",
        "",
        "When it happened, UTC: the earlier of the client's time and of when it was received.",
    ),
)
_NOTES: Final = f"""\
`{STATEMENTS_FILE}` has one xAPI statement a line, in the order of the log; each is valid in xAPI
1.0.3 and in 2.0. `{PROFILE_FILE}` is the profile that they follow, by the xAPI Profile
specification 1.0. Post them to a learning record store in arrays of some hundred; a statement that
it has already changes nothing there.

Students are pseudonyms: who has the installation's secret or its CELLPULSE_AGENT_KEY can tell who
is who, so give neither away with these files. There is no code, output, error message, path or word
of a student in them. Names of exercises and checks are there, and names of errors.
"""
