"""What the tables of the lake and of the master data mean, column by column.

The one home of these texts: `connect()` shows them as comments, exports as a data dictionary. What
an event's fields mean stands in the event itself.
"""

from typing import Final

from ingest_api.events import ProgressEvent, StoredEvent

#: Table → its meaning.
TABLES: Final = {
    "events": "Every event, as the log holds it.",
    "rollup_student_exercise": (
        "Counts a student and exercise; exercise '' is for runs outside exercises."
    ),
    "rollup_course_minute": "Counts a course and minute.",
    "courses": "Courses, from their registration or first event.",
    "students": "Students of this installation; of a course, who is in it.",
    "enrollments": "Which student is in which course.",
    "sessions": "Lives of kernels, with the events that each has lost.",
    "student_states": "Where each student of a course is now.",
    "notebooks": "Notebooks of a course, by path.",
    "exercises": "Exercises of a course, by name.",
    "registered_notebooks": "Notebooks of a course as they were registered.",
    "registered_exercises": (
        "Exercises of a course as they were registered, those that are gone included."
    ),
    "registered_checks": "Checks of the registered exercises.",
}

#: Column → meaning, for every table that has it, unless the event's own field says more.
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
    "first_seen_at": "Time of the first event, UTC, or of the registration or enrollment before.",
    "time_zone": "Where the course is taught, by its IANA name; null where nobody has said so.",
    "retention_days": "Days after their last event for which students are kept; null for ever.",
    "enrolled_at": "When the student was enrolled or first seen, UTC.",
    "display_name": "The student's name, as the course's roster has it; null where it has none.",
    "section": "The part of the class that the roster puts the student into; null for none.",
    "seat": "Where the student sits, as the course's roster has it; null for none.",
    "session_id": "One life of one kernel.",
    "started_at": "Time of the session's first event, UTC.",
    "last_seen_at": "Time of the latest event, UTC.",
    "ended_at": "When the session ended, UTC; null while it lives or when it was killed.",
    "highest_seq": "Highest sequence number that arrived.",
    "gaps": "Sequence numbers below the highest that have not arrived, as ranges.",
    "erased_seq": "Numbers up to this one were erased with the student; 0 where none were.",
    "lost_events": "How many sequence numbers have not arrived.",
    "last_status": "How the latest run ended.",
    "error_streak": "Latest runs in a row that ended in an error.",
}

#: Column → its unit, where it has one that the type does not tell.
_UNITS: Final = {
    "position_ns": "ms * 1,000,000 + sequence",
    "duration_ms": "ms",
    "duration_ms_sum": "ms",
    "duration_ms_max": "ms",
    "points": "points",
    "points_possible": "points",
    "code_lines": "lines",
    "code_chars": "characters",
}


def meanings_of(table: str) -> dict[str, str]:
    """Return the meaning of each column that `table` may have, by the column's name."""
    return COLUMNS | (_fields_of_events() if table == "events" else {})


def unit_of(column: str, sql_type: str) -> str:
    """Return a column's unit, '' where it has none."""
    if sql_type == "TIMESTAMPTZ":
        return "UTC, to the microsecond"
    return _UNITS.get(column, "count" if sql_type == "BIGINT" else "")


def _fields_of_events() -> dict[str, str]:
    return {
        name: field.description
        for model in (ProgressEvent, StoredEvent)
        for name, field in model.model_fields.items()
        if field.description
    }
