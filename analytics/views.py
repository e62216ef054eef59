"""The views that `connect()` offers: each table's rows under its plain name, with its meaning."""

from typing import Final

import duckdb

from ingest_api.events import ProgressEvent, StoredEvent

#: View → (the table that it shows, its meaning).
VIEWS: Final = {
    "events": ("lake.events", "Every event, as the log holds it."),
    "rollup_student_exercise": (
        "lake.rollup_student_exercise",
        "Counts a student and exercise; exercise '' is for runs outside exercises.",
    ),
    "rollup_course_minute": ("lake.rollup_course_minute", "Counts a course and minute."),
    "courses": ("master.courses", "Courses, from their registration or first event."),
    "students": ("master.students", "Students of this installation."),
    "enrollments": ("master.enrollments", "Which student is in which course."),
    "sessions": ("master.sessions", "Lives of kernels, with the events that each has lost."),
    "student_states": ("master.student_states", "Where each student of a course is now."),
    "notebooks": ("master.notebooks", "Notebooks of a course, by path."),
    "exercises": ("master.exercises", "Exercises of a course, by name."),
    "registered_notebooks": (
        "master.registered_notebooks",
        "Notebooks of a course as they were registered.",
    ),
    "registered_exercises": (
        "master.registered_exercises",
        "Exercises of a course as they were registered, those that are gone included.",
    ),
    "registered_checks": (
        "master.registered_checks",
        "Checks of the registered exercises.",
    ),
}

#: Column → meaning, for every view that has it, unless the event's own field says more.
COLUMNS: Final = {
    "course_id": "The course, as its operator names it.",
    "student_id": "The student within the installation.",
    "exercise": "The exercise's name, unique within the course.",
    "notebook": "Path of the notebook.",
    "position": "Log position, as text.",
    "position_ns": "Log position as one number (milliseconds * 1,000,000 + sequence): the order.",
    "minute": "Start of the minute, UTC, by the earlier of occurred_at and received_at.",
    "events": "Events of every type.",
    "runs": "Cell runs.",
    "errors": "Cell runs that ended in an error.",
    "interrupted": "Cell runs that were interrupted.",
    "checks_passed": "Check results that passed.",
    "checks_failed": "Check results that did not pass.",
    "duration_ms_sum": "Time that the runs took together, in milliseconds.",
    "duration_ms_max": "Time that the longest run took, in milliseconds.",
    "first_event_at": "Time of the first event, UTC.",
    "last_event_at": "Time of the latest event, UTC.",
    "first_run_at": "Time of the first run, UTC.",
    "last_run_at": "Time of the latest run, UTC.",
    "first_ok_at": "Time of the first run without error, UTC.",
    "first_passed_at": "Time of the first passed check, UTC.",
    "title": "Its title.",
    "place": "Its place in the order of the registration, from 0.",
    "mark": "The name that the notebook itself gives to the exercise.",
    "marker": "What marks it: nbgrader, otter, okpy, tag or heading.",
    "language": "The kernel's language, as far as the notebook says.",
    "due_at": "When it is due, UTC.",
    "first_registered_at": "When it was registered first, UTC.",
    "retired_at": "When a registration did not find it any more, UTC; null while it is there.",
    "check_name": "Name of the check.",
    "kind": "What kind of check: nbgrader, otter, okpy, or assert, which passed when it ran.",
    "points": "Points that it can give.",
    "first_seen_at": "Time of the first event, UTC.",
    "enrolled_at": "When the student was enrolled or first seen, UTC.",
    "session_id": "One life of one kernel.",
    "started_at": "Time of the session's first event, UTC.",
    "last_seen_at": "Time of the latest event, UTC.",
    "ended_at": "When the session ended, UTC; null while it lives or when it was killed.",
    "highest_seq": "Highest sequence number that arrived.",
    "gaps": "Sequence numbers below the highest that have not arrived, as ranges.",
    "lost_events": "How many sequence numbers have not arrived.",
    "last_status": "How the latest run ended.",
    "error_streak": "Latest runs in a row that ended in an error.",
}


def create_views(connection: duckdb.DuckDBPyConnection, snapshot: int | None = None) -> None:
    """Create every view in the connection's own schema.

    Args:
        connection: With the lake and the master data attached.
        snapshot: The lake's snapshot that the views show; None for the newest at each query.

    Raises:
        duckdb.Error: A table is not there, or its database does not answer.
    """
    at_snapshot = "" if snapshot is None else f" AT (VERSION => {snapshot:d})"
    for view, (table, _) in VIEWS.items():
        version = at_snapshot if table.startswith("lake.") else ""
        connection.execute(f"CREATE OR REPLACE VIEW {view} AS FROM {table}{version}")


def describe_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the meanings to the views and their columns, as comments."""
    for view, (_, meaning) in VIEWS.items():
        connection.execute(f"COMMENT ON VIEW {view} IS {literal(meaning)}")
        meanings = COLUMNS | _fields_of_events() if view == "events" else COLUMNS
        for column in connection.table(view).columns:
            if column in meanings:
                connection.execute(
                    f"COMMENT ON COLUMN {view}.{column} IS {literal(meanings[column])}"
                )


def _fields_of_events() -> dict[str, str]:
    return {
        name: field.description
        for model in (ProgressEvent, StoredEvent)
        for name, field in model.model_fields.items()
        if field.description
    }


def literal(text: str) -> str:
    """Return the text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
