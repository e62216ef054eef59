"""Events as a class sends them: cell runs of students, each with a session of its own."""

import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final
from uuid import UUID

COURSE: Final = "demo"
STUDENTS: Final = 500
EXERCISES: Final = 40
_BEGIN: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_ERRORS: Final = (
    ("NameError", "name 'total' is not defined"),
    ("TypeError", 'can only concatenate str (not "int") to str'),
    ("IndexError", "list index out of range"),
    ("SyntaxError", "invalid syntax (cell.py, line 2)"),
)


def cell_runs(seed: int = 0, students: int = STUDENTS) -> Iterator[dict[str, Any]]:
    """Yield cell runs as the hook sends them, without end: the students take turns.

    Every fourth fails, and half are of code as it was handed out. With the same seed they are the
    same, sessions and ids too.
    """
    choose = random.Random(seed)
    session = f"{choose.getrandbits(32):08x}"
    for number in count():
        turn, student = divmod(number, students)
        exercise = min(turn // 50 + choose.randrange(3), EXERCISES - 1)
        error = choose.choice(_ERRORS) if choose.random() < 1 / 4 else None
        event = {
            "event_id": str(UUID(int=choose.getrandbits(128), version=4)),
            "type": "cell_run",
            "course_id": COURSE,
            "student_id": f"student-{student}",
            "session_id": f"{session}-{student}",
            "seq": turn + 1,
            "notebook": f"course/{exercise // 10 + 1:02}-lesson.ipynb",
            "cell_id": f"{exercise:02x}{choose.randrange(3):06x}",
            "exercise": f"{exercise // 10 + 1}.{exercise % 10 + 1}",
            "execution_count": turn + 1,
            "status": "error" if error else "ok",
            "duration_ms": round(choose.expovariate(1 / 40), 3),
            "occurred_at": (_BEGIN + timedelta(milliseconds=40 * number)).isoformat(),
            "code_sha256": _code(choose, exercise),
            "code_lines": choose.randrange(1, 12),
            "code_chars": choose.randrange(10, 400),
            "hook_version": "0.1.0",
        }
        if error:
            event |= {"error_name": error[0], "error_message": error[1]}
        yield event


def _code(choose: random.Random, exercise: int) -> str:
    changed = choose.random() < 1 / 2
    code = choose.randbytes(8) if changed else bytes((exercise, choose.randrange(3)))
    return hashlib.sha256(code).hexdigest()
