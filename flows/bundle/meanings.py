"""What the columns of a bundle mean, where that is not what they mean in the lake."""

from typing import Final

from flows.stores.meanings import meanings_of

#: Table → its meaning, in the order of the files.
TABLES: Final = {
    "events": "Every event that was kept, in the order of the log.",
    "rollup_student_exercise": (
        "Counts a student and exercise; exercise '' is for runs outside exercises."
    ),
    "students": "The students.",
    "exercises": "Exercises, with the notebook in which each was run last.",
    "notebooks": "Notebooks, by path.",
    "sessions": "Lives of kernels, with the events that each has lost.",
}
#: Table → the columns that tell its rows apart, where none of them is empty.
KEYS: Final = {
    "events": ("event_number",),
    "students": ("student_id",),
    "exercises": ("exercise",),
    "notebooks": ("notebook",),
    "sessions": ("student_id", "session_id"),
}
_SCRUBBED: Final = "names, addresses and long numbers were taken out."
_OF_ALL: Final = {
    "event_number": "Place of the event among those of the bundle, from 1, in the log's order.",
    "event_id": "The event, as a pseudonym of the study.",
    "course_id": "The course, as a pseudonym of the study.",
    "student_id": "The student, as a pseudonym of the study.",
    "session_id": "One life of one kernel, as a pseudonym of the study. Goes with `seq`.",
    "notebook": f"Path of the notebook; {_SCRUBBED}",
    "cell_id": "The cell in the notebook file, as a pseudonym of the study.",
    "exercise": "The exercise's name; a pseudonym where the name held that of a person.",
    "check_name": "The check's name; a pseudonym where the name held that of a person.",
    "error_message": f"The error's own text; {_SCRUBBED} Coarser where few students had it.",
    "error_line": "Line of the cell at which the run failed, from 1.",
    "occurred_at": "When it happened by the client's clock, UTC; moved by whole weeks.",
    "received_at": "When the server accepted it, UTC; moved by whole weeks.",
    "code_id": "The cell's code, as a pseudonym of the study: the same for the same code.",
    "code": f"The code, where the student shared it; {_SCRUBBED}",
    "output": f"The run's text output, where it was shared; {_SCRUBBED}",
    "help_message": f"What the student asks, in the student's words; {_SCRUBBED}",
    "lost_events": "Sequence numbers that never arrived, those of events left out not counted.",
}


def meanings_in_bundle(table: str) -> dict[str, str]:
    """Return the meaning of each column that a bundle's table may have, by the column's name."""
    return meanings_of(table) | _OF_ALL
