"""Examples of the answers about one student, for the API's documentation."""

from datetime import timedelta
from typing import Final

from analytics.examples import AS_OF, NOW
from analytics.student.responses import Note, Notes, Sitting, Sittings

NOTES: Final = Notes(
    course_id="python-1",
    student_id="ada",
    notes=[
        Note(
            note_id="0f3c2b7a9d8e4f61a5b4c3d2e1f00917",
            text="Knows loops from another language.",
            at=NOW,
            by="Grace",
        )
    ],
    removed=[],
)
SITTINGS: Final = Sittings(
    as_of=AS_OF,
    course_id="python-1",
    student_id="ada",
    sittings=[
        Sitting(
            started_at=NOW - timedelta(minutes=50),
            ended_at=NOW,
            runs=64,
            errors=17,
            work_seconds=2_340.0,
            notebooks=["02-loops.ipynb"],
            exercises=4,
            solved=["2.1", "2.2"],
        )
    ],
)
