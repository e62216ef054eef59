"""What the class map is told: the students by the exercises, in which order, and who stands out."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, get_args

from analytics.attention.responses import Attention, Listed
from analytics.class_view.responses import ClassMap, MapStudent
from analytics.responses import ExerciseProgress
from streamlit_app.page_parts.people import called
from streamlit_app.page_parts.wording import file_name

#: How the rows can be ordered.
Order = Literal["need", "seat", "name"]
ORDERS: Final[tuple[Order, ...]] = get_args(Order)
#: Reasons to worry about how long ago the last run was.
_SILENT: Final = {"silent_after_failure", "left_after_failure", "idle"}
#: What fewer have begun says nothing about the class.
LEAST_BEGUN: Final = 3
_NATURAL_PARTS: Final = re.compile(r"([0-9]+)")


def map_data(
    class_map: ClassMap,
    listed: Sequence[Listed],
    order: Order,
    only: frozenset[str] | None = None,
    *,
    failure: str | None = None,
) -> dict[str, Any]:
    """Return the whole matrix, as JSON that the browser draws.

    Args:
        class_map: The API's answer.
        listed: Who needs a person, most urgent first: these are tinted.
        order: How the rows are to be ordered.
        only: The students to show; None for all.
        failure: The failure by which the instructor chose these; None where all were chosen.
    """
    students = [each for each in class_map.students if only is None or each.student_id in only]
    names = names_of(class_map)
    silent = {
        each.student_id for each in listed if any(reason.code in _SILENT for reason in each.reasons)
    }
    tinted = {each.student_id for each in listed}
    return {
        "course_id": class_map.course_id,
        "now_ms": _milliseconds(class_map.now.timestamp()),
        "enrolled": len(class_map.students),
        # What the instructor chose, which is carried out at once. The class changes who is at a
        # failure, and that moves no row.
        "asked": [order, failure],
        "order": ordered(students, [each.student_id for each in listed], order),
        "exercises": [
            {
                "name": each.exercise,
                "title": each.title or "",
                "notebook": file_name(each.notebook),
                "solved": each.passed,
                "is_weak": each.passed_by != "check",
            }
            for each in class_map.exercises
        ],
        "students": [
            {
                "id": each.student_id,
                "name": names[each.student_id],
                "seat": each.seat,
                "states": each.states,
                "failed": each.failed_runs,
                "runs": each.runs,
                "last_ms": _milliseconds(each.last_run_at.timestamp())
                if each.last_run_at
                else None,
                "needs": each.student_id in tinted,
                "silent": each.student_id in silent,
            }
            for each in students
        ],
    }


def ordered(students: Iterable[MapStudent], listed: Sequence[str], order: Order) -> list[str]:
    """Return the students' ids as the rows are to be ordered.

    By need: first who needs a person, most urgent first; then who is here before who is not, and of
    these, those who have solved the least. By seat: who has none comes last. Names and seats are
    compared as people do: 2 is before 10.
    """
    students = list(students)
    names = _called(students)
    place = {student_id: number for number, student_id in enumerate(listed)}

    def key(student: MapStudent) -> tuple[Any, ...]:
        name = _natural(names[student.student_id])
        if order == "name":
            return (name,)
        if order == "seat":
            return (student.seat is None, _natural(student.seat or ""), name)
        solved = sum(state in "sr" for state in student.states)
        return (place.get(student.student_id, len(place)), not student.active, solved, name)

    return [each.student_id for each in sorted(students, key=key)]


def seats_of(class_map: ClassMap) -> dict[str, str]:
    """Return where each student sits of whom the roster says it."""
    return {each.student_id: each.seat for each in class_map.students if each.seat is not None}


def names_of(class_map: ClassMap) -> dict[str, str]:
    """Return how each student is called, by id."""
    return _called(class_map.students)


def orders_of(class_map: ClassMap) -> list[Order]:
    """Return how the rows can be ordered: by seat only where somebody has one."""
    return [each for each in ORDERS if each != "seat" or seats_of(class_map)]


def where_most_are(class_map: ClassMap) -> tuple[str, int] | None:
    """Return the exercise at which most of those who are here are, and how many they are.

    Of several with equally many it is the earliest; None where nobody is at one.
    """
    here = [each.exercise for each in class_map.students if each.active]
    counts = [(here.count(each.exercise), each.exercise) for each in class_map.exercises]
    students, exercise = max(counts, key=lambda each: each[0], default=(0, ""))
    return (exercise, students) if students else None


def solved_of_reached(class_map: ClassMap) -> float | None:
    """Return the share of the started exercises that were solved; None before any was started."""
    started = sum(each.started for each in class_map.exercises)
    return sum(each.passed for each in class_map.exercises) / started if started else None


def hardest(class_map: ClassMap) -> ExerciseProgress | None:
    """Return the exercise where the largest share of those who began it failed; None for none.

    Students are counted and not runs, so that nobody makes it hard alone; and who has not solved it
    yet is no evidence, for the class is still at work. Of several alike it is the earliest.
    """
    begun = [each for each in class_map.exercises if each.started >= LEAST_BEGUN and each.failed]
    return max(begun, key=lambda each: each.failed / each.started, default=None)


def hands_up(attention: Attention) -> int:
    """Return how many hands are up, snoozed and helped students left out."""
    return sum(
        any(reason.code == "hand_up" for reason in each.reasons) for each in attention.students
    )


def _called(students: Iterable[MapStudent]) -> dict[str, str]:
    return called((each.student_id, each.display_name) for each in students)


def _natural(name: str) -> list[tuple[int, str]]:
    parts = _NATURAL_PARTS.split(name.casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)
