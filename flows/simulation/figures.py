"""Figures of a simulated class that can be set beside published ones: see docs/simulation.md.

`python -m flows.simulation.figures` prints them for the sample course.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from statistics import median
from typing import Final

from flows.course.sample import SAMPLE_COURSE
from flows.simulation.truth import simulated_class
from ingest_api.events import ProgressEvent

#: The class of docs/simulation.md.
SEED: Final = 1
STUDENTS: Final = 200
#: What a pair of failed runs counts, what the same error adds to it, and both (Jadud 2006).
_BOTH_FAILED: Final = 8
_SAME_ERROR: Final = 3


def figures(events: Iterable[ProgressEvent]) -> dict[str, float]:
    """Return figures by name, in the order of docs/simulation.md.

    Shares are between 0 and 1, times are in seconds. A run is an event `cell_run`; an attempt is a
    run of an exercise's own cell.

    Args:
        events: Of one class, in order of time.
    """
    runs = [event for event in events if event.type == "cell_run"]
    failed = [run for run in runs if run.status == "error"]
    names = Counter(run.error_name for run in failed)
    by_student: dict[str, list[ProgressEvent]] = defaultdict(list)
    by_exercise: dict[tuple[str, str], list[ProgressEvent]] = defaultdict(list)
    for run in runs:
        by_student[run.student_id].append(run)
        if run.exercise:
            by_exercise[run.student_id, run.exercise].append(run)
    waits = [
        (after.occurred_at - before.occurred_at).total_seconds()
        for one in by_student.values()
        for before, after in pairwise(one)
        if before.occurred_at and after.occurred_at
    ]
    quotients = [_error_quotient(one) for one in by_exercise.values() if len(one) > 1]
    return {
        "share of runs that failed": len(failed) / len(runs),
        **{
            f"share of errors: {name}": names[name] / len(failed)
            for name in ("SyntaxError", "IndentationError", "NameError", "TypeError")
        },
        "share of errors: AssertionError (a check)": names["AssertionError"] / len(failed),
        "median seconds between runs": median(waits),
        "share of runs within 30 s of the one before": sum(w < 30 for w in waits) / len(waits),  # noqa: PLR2004 - as named
        "mean error quotient of a student and exercise": sum(quotients) / len(quotients),
        "median runs of a student and exercise": median(len(one) for one in by_exercise.values()),
    }


def _error_quotient(runs: list[ProgressEvent]) -> float:
    scores = [
        _BOTH_FAILED + _SAME_ERROR * (before.error_name == after.error_name)
        if before.status == after.status == "error"
        else 0
        for before, after in pairwise(runs)
    ]
    return sum(scores) / len(scores) / (_BOTH_FAILED + _SAME_ERROR)


if __name__ == "__main__":
    class_events, _ = simulated_class(SEED, course_dir=SAMPLE_COURSE, students=STUDENTS)
    for name, value in figures(class_events).items():
        print(f"{value:8.2f}  {name}")  # noqa: T201 - it is what the command is for
